metadata title = 'lrq: send an incident'
metadata description = 'Sends an incident to lrq, which collects evidence from its machines. A comment on the incident says whether lrq accepted it.'
metadata prerequisites = 'lrq, and Setup/Identity of this folder. See docs/sentinel.md of lrq.'
metadata postDeployment = ['See docs/sentinel.md of lrq.']
metadata lastUpdateTime = '2026-11-28T00:00:00.000Z'
metadata entities = ['Host']
metadata tags = ['Evidence']
metadata support = { tier: 'community' }
metadata author = { name: 'lrq' }

@description('Name of the Logic App.')
param PlaybookName string = 'Lrq-SendIncident'
@description('Address of lrq without /api, for example https://func-lrq.azurewebsites.net')
param LrqUrl string
@description('Audience of tokens for lrq, as in its setting CALLERS.')
param LrqAudience string
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
    'hidden-SentinelTemplateName': 'Lrq-SendIncident'
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
      LrqUrl: { value: LrqUrl }
      LrqAudience: { value: LrqAudience }
      IdentityId: { value: IdentityId }
    }
  }
}
