@export()
@sealed()
type CustomerKey = {
  vaultUri: string
  keyName: string
  @description('The identity that may use the key.')
  identityId: string
}

@description('Name of the account.')
param name string
param location string
param tags object
param sku string
param evidenceImmutableDays int
param evidencePolicyLocked bool
param evidenceKeepDays int
@description('Whether the account is reached through private endpoints only.')
param isPrivate bool
@description('Whether Azure refuses to delete it until somebody takes the lock away.')
param locked bool
@description('The key of the customer that encrypts the account, or null for one of Microsoft.')
param customerKey CustomerKey?
@description('Whether there are two apps: each has a container for its package.')
param hasBack bool
@description('Where the log of reads, writes and deletes of blobs goes.')
param workspaceId string

// What shared/azure opens. The host would make a poison queue when it needs one; made here, an alert
// on it never meets a queue that does not exist.
var queues = ['command-sequences', 'results', 'callbacks']
var poisonQueues = [for queue in queues: '${queue}-poison']
var tables = ['ledger']
var evidence = 'evidence'
var rows = 'rows'
// The host's own: leases and the state of timers, keys of functions, and the zip of the app.
var packages = hasBack ? ['deployments', 'deployments-back'] : ['deployments']
var hostContainers = concat(['azure-webjobs-hosts', 'azure-webjobs-secrets'], packages)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  identity: customerKey == null
    ? null
    : { type: 'UserAssigned', userAssignedIdentities: { '${customerKey!.identityId}': {} } }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: isPrivate ? 'Deny' : 'Allow' }
    encryption: {
      keySource: customerKey == null ? 'Microsoft.Storage' : 'Microsoft.Keyvault'
      keyvaultproperties: customerKey == null
        ? null
        // Without a version: storage then takes the newest by itself.
        : { keyvaulturi: customerKey!.vaultUri, keyname: customerKey!.keyName }
      identity: customerKey == null ? null : { userAssignedIdentity: customerKey!.identityId }
      // The key type of queues and tables can be chosen only now. Without it, a customer's own key
      // could never be used for the ledger.
      services: {
        queue: { keyType: 'Account' }
        table: { keyType: 'Account' }
      }
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource hostContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in hostContainers: {
    parent: blobService
    name: container
    properties: { publicAccess: 'None' }
  }
]

// Immutable here and not for the account: the account also has the host's leases and timers, which
// are written again and again.
resource evidenceContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobService
  name: evidence
  properties: {
    publicAccess: 'None'
    immutableStorageWithVersioning: { enabled: true }
  }
}

// What machines answered to sweeps, read out of the evidence. It grows block by block, so it cannot
// be immutable; the evidence is.
resource rowsContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobService
  name: rows
  properties: { publicAccess: 'None' }
}

// Unlocked: it stops mistakes, and an administrator can still take it away.
resource evidencePolicy 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = if (!evidencePolicyLocked) {
  parent: evidenceContainer
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: evidenceImmutableDays
    allowProtectedAppendWrites: false
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [
  for each in concat(queues, poisonQueues): {
    parent: queueService
    name: each
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for each in tables: {
    parent: tableService
    name: each
  }
]

var expireVersions = [
  {
    name: 'old-versions-of-host-state'
    enabled: true
    type: 'Lifecycle'
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['azure-webjobs-hosts/'] }
      actions: { version: { delete: { daysAfterCreationGreaterThan: 1 } } }
    }
  }
]
var expirePackages = [
  for container in packages: {
    name: container == 'deployments' ? 'old-packages' : 'old-packages-of-the-back'
    enabled: true
    type: 'Lifecycle'
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container}/'] }
      actions: { version: { delete: { daysAfterCreationGreaterThan: 30 } } }
    }
  }
]
var expireEvidence = [
  {
    name: 'evidence-after-its-time'
    enabled: true
    type: 'Lifecycle'
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: ['${evidence}/'] }
      actions: {
        baseBlob: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
        snapshot: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
        version: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
      }
    }
  }
  {
    name: 'rows-after-the-time-of-evidence'
    enabled: true
    type: 'Lifecycle'
    definition: {
      filters: { blobTypes: ['appendBlob'], prefixMatch: ['${rows}/'] }
      actions: {
        baseBlob: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
        snapshot: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
        version: { delete: { daysAfterCreationGreaterThan: evidenceKeepDays } }
      }
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: concat(expireVersions, expirePackages, evidenceKeepDays > 0 ? expireEvidence : [])
    }
  }
  dependsOn: [blobService]
}

// Who read, wrote or deleted a blob: the log that shows a hand on the evidence.
resource blobLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobService
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      for category in ['StorageRead', 'StorageWrite', 'StorageDelete']: {
        category: category
        enabled: true
      }
    ]
  }
}

// Against deleting the account by mistake. It does not keep a blob.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  scope: account
  name: 'keep'
  properties: { level: 'CanNotDelete', notes: 'The ledger and the evidence.' }
}
