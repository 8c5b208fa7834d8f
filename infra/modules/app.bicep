@export()
@description('Who reaches the app: addresses, as 203.0.113.0/24, or a service tag, as LogicApps.')
@sealed()
type InboundRule = {
  name: string
  @description('Addresses, or the name of the service tag.')
  from: string
  isServiceTag: bool
}

@description('Name of the app.')
param name string
param location string
param tags object
@description('Name of the service in azure.yaml that is deployed to this app.')
param serviceName string
@description('The identity that the app runs as.')
param identityName string
param storageName string
param insightsName string
param scale { instanceMemoryMB: int, maximumInstanceCount: int, alwaysReadyHttp: int }
@description('Subnet that the app calls from, or empty.')
param subnetId string
@description('Who reaches the app. Nobody in the list means everybody.')
param inbound InboundRule[]
@description('Whether nobody reaches the app, whatever the list says.')
param closed bool
@description('Container of its package.')
param packages string
@secure()
param callers string
@description('Settings of lrq, with those that main.bicep adds; also which functions are disabled.')
param settings object

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: closed || !empty(inbound) ? 'Deny' : 'Allow'
      ipSecurityRestrictions: [
        for (rule, index) in (closed ? [] : inbound): {
          name: rule.name
          priority: 100 + index
          action: 'Allow'
          tag: rule.isServiceTag ? 'ServiceTag' : 'Default'
          ipAddress: rule.from
        }
      ]
      // azd deploys through the other address of the app, with a token.
      scmIpSecurityRestrictionsUseMain: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packages}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemoryMB
        maximumInstanceCount: scale.maximumInstanceCount
        alwaysReady: scale.alwaysReadyHttp > 0
          ? [{ name: 'http', instanceCount: scale.alwaysReadyHttp }]
          : []
      }
    }
  }
}

// Settings of the Functions host.
var hostSettings = {
  // Storage by its three addresses, which are right in every cloud, and with the identity.
  AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  // Strangers learn nothing from the address of the app.
  AzureWebJobsDisableHomepage: 'true'
  // The host takes headers up to 32 KiB, Node only 16: docs/settings.md says what happens between.
  languageWorkers__node__arguments: '--max-http-header-size=65536'
}

// Settings of lrq that follow from the deployment.
var ownSettings = {
  DEFENDER_TENANT_ID: tenant().tenantId
  DEFENDER_CLIENT_ID: identity.properties.clientId
  ENTRA_AUTHORITY: environment().authentication.loginEndpoint
  AZURE_MANAGEMENT_URL: environment().resourceManager
  CALLERS: callers
  PUBLIC_URL: 'https://${site.properties.defaultHostName}'
}

// A child, because PUBLIC_URL needs the site first. Each deployment replaces all settings: what a
// customer changes has to be a parameter.
resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: union(hostSettings, ownSettings, settings)
}

// No user name and password for deployments; azd uses a token.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
