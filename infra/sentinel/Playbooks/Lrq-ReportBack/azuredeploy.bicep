metadata title = 'lrq: report back'
metadata description = 'Takes the callback of lrq when a run has finished, and writes its result as a comment on the incident.'
metadata prerequisites = 'lrq, and Setup/Identity of this folder. See docs/sentinel.md of lrq.'
metadata postDeployment = ['See docs/sentinel.md of lrq.']
metadata lastUpdateTime = '2026-11-28T00:00:00.000Z'
metadata entities = []
metadata tags = ['Evidence']
metadata support = { tier: 'community' }
metadata author = { name: 'lrq' }

@description('Name of the Logic App.')
param PlaybookName string = 'Lrq-ReportBack'
@description('Resource id of the Log Analytics workspace of Microsoft Sentinel.')
param WorkspaceResourceId string
@description('Resource id of the identity that all playbooks of lrq share.')
param IdentityId string

var SentinelConnectionName = 'MicrosoftSentinel-${PlaybookName}'

resource connection 'Microsoft.Web/connections@2016-06-01' = {
  name: SentinelConnectionName
  location: resourceGroup().location
  // Azure's types do not know these two, and every connection with an identity needs them.
  #disable-next-line BCP187
  kind: 'V1'
  properties: {
    displayName: SentinelConnectionName
    #disable-next-line BCP037
    parameterValueType: 'Alternative'
    api: {
      id: subscriptionResourceId(
        'Microsoft.Web/locations/managedApis',
        resourceGroup().location,
        'azuresentinel'
      )
    }
  }
}

resource playbook 'Microsoft.Logic/workflows@2019-05-01' = {
  name: PlaybookName
  location: resourceGroup().location
  tags: {
    'hidden-SentinelTemplateName': 'Lrq-ReportBack'
    'hidden-SentinelTemplateVersion': '1.0'
  }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${IdentityId}': {} } }
  properties: {
    state: 'Enabled'
    definition: loadJsonContent('definition.json')
    parameters: {
      '$connections': {
        value: {
          azuresentinel: {
            connectionId: connection.id
            connectionName: SentinelConnectionName
            id: subscriptionResourceId(
              'Microsoft.Web/locations/managedApis',
              resourceGroup().location,
              'azuresentinel'
            )
            connectionProperties: {
              authentication: { type: 'ManagedServiceIdentity', identity: IdentityId }
            }
          }
        }
      }
      WorkspaceResourceId: { value: WorkspaceResourceId }
    }
  }
}
