@description('Whose rights these are.')
param principalId string
param storageName string
param insightsName string

// Built-in roles by id: a name can be changed, an id not.
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

var onStorage = [
  {
    role: blobDataOwner
    why: 'The host keeps leases and timers in blobs and reads the package; lrq writes evidence.'
  }
  {
    role: queueDataContributor
    why: 'lrq rings bells; the host takes them, and moves what fails to a poison queue.'
  }
  {
    role: tableDataContributor
    why: 'The ledger.'
  }
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

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
