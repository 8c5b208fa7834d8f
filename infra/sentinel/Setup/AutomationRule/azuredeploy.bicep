metadata title = 'lrq: an automation rule'
metadata description = 'Runs a playbook of lrq for each new incident of high severity. It is disabled until somebody enables it.'

@description('Name of the Log Analytics workspace of Microsoft Sentinel, in this resource group.')
param WorkspaceName string
@description('Resource id of the playbook Lrq-SendIncident.')
param PlaybookId string
@description('Which severities of incidents start it.')
param Severities array = ['High']

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: WorkspaceName
}

resource rule 'Microsoft.SecurityInsights/automationRules@2025-09-01' = {
  scope: workspace
  name: guid(workspace.id, PlaybookId)
  properties: {
    displayName: 'Send new incidents to lrq'
    order: 100
    triggeringLogic: {
      // A person enables it, after one incident was sent by hand.
      isEnabled: false
      triggersOn: 'Incidents'
      triggersWhen: 'Created'
      conditions: [
        {
          conditionType: 'Property'
          conditionProperties: {
            propertyName: 'IncidentSeverity'
            operator: 'Equals'
            propertyValues: Severities
          }
        }
      ]
    }
    actions: [
      {
        order: 1
        actionType: 'RunPlaybook'
        actionConfiguration: { logicAppResourceId: PlaybookId, tenantId: tenant().tenantId }
      }
    ]
  }
}
