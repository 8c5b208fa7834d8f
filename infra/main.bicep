targetScope = 'subscription'

metadata name = 'lrq'
metadata description = 'The live response queue on Azure Functions, Flex Consumption, without any key.'

import { InboundRule } from 'modules/app.bicep'
import { ofBack, ofFront } from 'modules/functions.bicep'
import { LrqSettings } from 'modules/settings.bicep'

@description('Name of the azd environment. It is part of the names of all resources.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources. It has to offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of the resource group.')
param resourceGroupName string = 'rg-${environmentName}'

@description('Who may call, as a JSON array: CALLERS in docs/settings.md. Empty lets nobody in.')
@secure()
param callers string = ''

@description('Resource id of the secret of a Key Vault that has CALLERS, in the place of callers.')
param callersVaultEntry string = ''

@description('Who reaches the app, by address or service tag. None means everybody.')
param inbound InboundRule[] = []

@description('Whether a second app does the work, so that the one that faces the internet only reads machines.')
param twoApps bool = false

@description('Whether storage is closed, and the app reaches it through a network of its own.')
param privateNetwork bool = false

@description('Addresses of that network.')
param networkPrefix string = '10.71.0.0/24'

@description('Resource id of the key of a Key Vault that encrypts storage. Empty: a key of Microsoft.')
param customerKeyId string = ''

@description('Whether Azure refuses to delete storage and identity. azd down then fails.')
param deleteLocks bool = false

@description('Settings of lrq that replace the defaults of docs/settings.md. Others are refused.')
param settings LrqSettings = {}

@description('When the poll wakes up. It has no default in lrq: without it the timer does not exist.')
param pollSchedule string = '0 * * * * *'

@description('Which Defender the tenant has.')
@allowed(['commercial', 'gcc', 'gcc-high', 'dod'])
param defenderCloud string = 'commercial'

@description('Memory of one instance. CPU and cost grow with it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most on-demand instances of each group of functions. The platform does not promise it.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for webhooks. Each costs money all month.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int = 0

@description('Redundancy of storage. ZRS survives the loss of a zone; some regions have only LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Days in which nobody can change or delete evidence.')
@minValue(1)
@maxValue(3650)
param evidenceImmutableDays int = 7

@description('True after the policy was locked: a locked policy refuses to be written again.')
param evidencePolicyLocked bool = false

@description('Days after which storage deletes evidence. 0 keeps it for ever.')
@minValue(0)
@maxValue(3650)
param evidenceKeepDays int = 0

@description('Who gets a mail from the alarms. Without it there are none: each costs money all month.')
param alarmEmail string = ''

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int = 90

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var identityName = 'id-lrq-${token}'
// Of two apps, the one that does the work gets the identity that has the rights in Defender, and so
// keeps them and the ledger. The one that senders know keeps its address.
var frontIdentityName = 'id-lrq-front-${token}'
var insightsName = 'appi-lrq-${token}'
var storageName = 'stlrq${token}'
// /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N
var secret = split(callersVaultEntry, '/')
var key = split(customerKeyId, '/')
var hasSecret = !empty(callersVaultEntry)
var hasKey = !empty(customerKeyId)
var vaultHost = hasSecret ? '${secret[8]}${environment().suffixes.keyvaultDns}' : ''
var callersReference = hasSecret
  ? '@Microsoft.KeyVault(SecretUri=https://${vaultHost}/secrets/${secret[10]})'
  : ''

var deployed = { DEFENDER_CLOUD: defenderCloud, POLL_SCHEDULE: pollSchedule }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: identityName, location: location, tags: tags, locked: deleteLocks }
}

module frontIdentity 'modules/identity.bicep' = if (twoApps) {
  scope: group
  params: { name: frontIdentityName, location: location, tags: tags, locked: deleteLocks }
}

// Of its own, so that whoever has the identity of the app cannot use the key.
module keyIdentity 'modules/identity.bicep' = if (hasKey) {
  scope: group
  params: { name: 'id-lrq-key-${token}', location: location, tags: tags, locked: deleteLocks }
}

module keyRole 'modules/key-role.bicep' = if (hasKey) {
  scope: resourceGroup(hasKey ? key[2] : '', hasKey ? key[4] : '')
  params: {
    vaultName: hasKey ? key[8] : ''
    keyName: hasKey ? key[10] : ''
    principalId: hasKey ? keyIdentity!.outputs.principalId : ''
  }
}

module secretRole 'modules/secret-role.bicep' = if (hasSecret) {
  scope: resourceGroup(hasSecret ? secret[2] : '', hasSecret ? secret[4] : '')
  params: {
    vaultName: hasSecret ? secret[8] : ''
    secretName: hasSecret ? secret[10] : ''
    principalId: identity.outputs.principalId
  }
}

module frontSecretRole 'modules/secret-role.bicep' = if (twoApps && hasSecret) {
  scope: resourceGroup(hasSecret ? secret[2] : '', hasSecret ? secret[4] : '')
  params: {
    vaultName: hasSecret ? secret[8] : ''
    secretName: hasSecret ? secret[10] : ''
    principalId: twoApps ? frontIdentity!.outputs.principalId : ''
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-lrq-${token}'
    insightsName: insightsName
    location: location
    tags: tags
    logDays: logDays
  }
}

module alarms 'modules/alarms.bicep' = if (!empty(alarmEmail)) {
  scope: group
  params: {
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
    email: alarmEmail
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storageName
    location: location
    tags: tags
    sku: storageSku
    evidenceImmutableDays: evidenceImmutableDays
    evidencePolicyLocked: evidencePolicyLocked
    evidenceKeepDays: evidenceKeepDays
    isPrivate: privateNetwork
    locked: deleteLocks
    customerKey: hasKey
      ? {
          vaultUri: 'https://${key[8]}${environment().suffixes.keyvaultDns}'
          keyName: key[10]
          identityId: keyIdentity!.outputs.id
        }
      : null
    hasBack: twoApps
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [keyRole]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    name: 'vnet-lrq-${token}'
    location: location
    tags: tags
    addressPrefix: networkPrefix
    storageName: storageName
  }
  dependsOn: [storage]
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storageName
    insightsName: insightsName
  }
  dependsOn: [storage, monitoring]
}

module frontRoles 'modules/front-roles.bicep' = if (twoApps) {
  scope: group
  params: {
    principalId: twoApps ? frontIdentity!.outputs.principalId : ''
    storageName: storageName
    insightsName: insightsName
  }
  dependsOn: [storage, monitoring]
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: 'func-lrq-${token}'
    location: location
    tags: tags
    serviceName: 'api'
    identityName: twoApps ? frontIdentityName : identityName
    storageName: storageName
    insightsName: insightsName
    scale: {
      instanceMemoryMB: instanceMemoryMB
      maximumInstanceCount: maximumInstanceCount
      alwaysReadyHttp: alwaysReadyHttp
    }
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    inbound: inbound
    closed: false
    packages: 'deployments'
    callers: hasSecret ? callersReference : callers
    settings: union(
      twoApps ? { LEDGER_CLIENT_ID: identity.outputs.clientId } : {},
      settings,
      deployed,
      toObject(twoApps ? ofBack : [], name => 'AzureWebJobs.${name}.Disabled', name => 'true')
    )
  }
  // The host reads storage as it starts, so its roles have to be there before it.
  dependsOn: [roles, secretRole, frontRoles, frontSecretRole]
}

module back 'modules/app.bicep' = if (twoApps) {
  scope: group
  params: {
    name: 'func-lrq-back-${token}'
    location: location
    tags: tags
    serviceName: 'back'
    identityName: identityName
    storageName: storageName
    insightsName: insightsName
    scale: {
      instanceMemoryMB: instanceMemoryMB
      maximumInstanceCount: maximumInstanceCount
      alwaysReadyHttp: 0
    }
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    inbound: []
    closed: true
    packages: 'deployments-back'
    callers: hasSecret ? callersReference : callers
    settings: union(
      // What it sends leads to the app that can be called.
      { LEDGER_CLIENT_ID: identity.outputs.clientId, PUBLIC_URL: app.outputs.url },
      settings,
      deployed,
      toObject(ofFront, name => 'AzureWebJobs.${name}.Disabled', name => 'true')
    )
  }
  dependsOn: [roles, secretRole]
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = app.outputs.name
output LRQ_URL string = app.outputs.url
output LRQ_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output LRQ_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output LRQ_STORAGE_NAME string = storageName
// Empty if there is one app.
output SERVICE_BACK_NAME string = twoApps ? back!.outputs.name : ''
output LRQ_FRONT_IDENTITY_PRINCIPAL_ID string = twoApps ? frontIdentity!.outputs.principalId : ''
