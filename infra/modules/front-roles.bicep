@description('Whose rights these are: the identity of the app that faces the internet, of two.')
param principalId string
param storageName string
param insightsName string

// Built-in roles by id: a name can be changed, an id not.
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var queueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
var queueDataReader = '19e7f393-937e-4f77-808e-94535e297925'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

// By container and not on the account: whoever may write the package of the other app runs as it.
var onContainers = [
  {
    container: 'azure-webjobs-hosts'
    role: blobDataOwner
    why: 'The host keeps leases in blobs.'
  }
  {
    container: 'azure-webjobs-secrets'
    role: blobDataOwner
    why: 'The host keeps the keys of its functions in blobs.'
  }
  {
    container: 'deployments'
    role: blobDataOwner
    why: 'The package of this app, and not that of the other.'
  }
  {
    container: 'evidence'
    role: blobDataReader
    why: 'Callers read evidence; the other app writes it.'
  }
  {
    container: 'rows'
    role: blobDataReader
    why: 'Callers read the rows of sweeps; the other app writes them.'
  }
]

var onStorage = [
  {
    role: queueDataMessageSender
    why: 'lrq rings bells; the other app takes them.'
  }
  {
    role: queueDataReader
    why: 'status and doctor count messages.'
  }
  {
    role: tableDataContributor
    why: 'The ledger.'
  }
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource blobService 'blobServices' existing = {
    name: 'default'

    resource containers 'containers' existing = [
      for each in onContainers: {
        name: each.container
      }
    ]
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource containerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (each, index) in onContainers: {
    scope: account::blobService::containers[index]
    name: guid(account.id, each.container, principalId, each.role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
      description: each.why
    }
  }
]

resource storageRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for each in onStorage: {
    scope: account
    name: guid(account.id, principalId, each.role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
      description: each.why
    }
  }
]

resource telemetryRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      monitoringMetricsPublisher
    )
    description: 'The host sends telemetry with a token instead of a key.'
  }
}
