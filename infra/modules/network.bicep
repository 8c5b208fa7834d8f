@description('Name of the network.')
param name string
param location string
param tags object
@description('Addresses of the network, as a /24 or larger.')
param addressPrefix string
param storageName string

// Each part of storage has its own address: a closed account needs an endpoint and a zone for all.
var storageParts = ['blob', 'queue', 'table']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: { addressSpace: { addressPrefixes: [addressPrefix] } }

  // Flex Consumption runs in this subnet. The provider Microsoft.App has to be registered.
  resource app 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 0)
      delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
    }
  }

  resource endpoints 'subnets' = {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 1)
      privateEndpointNetworkPolicies: 'Disabled'
    }
    // Azure changes one subnet of a network at a time.
    dependsOn: [app]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for part in storageParts: {
    name: 'privatelink.${part}.${environment().suffixes.storage}'
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (part, index) in storageParts: {
    parent: zone[index]
    name: '${name}-${part}'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for part in storageParts: {
    name: '${name}-${part}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpoints.id }
      privateLinkServiceConnections: [
        { name: part, properties: { privateLinkServiceId: account.id, groupIds: [part] } }
      ]
    }
  }
]

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (part, index) in storageParts: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: part, properties: { privateDnsZoneId: zone[index].id } }]
    }
  }
]

output appSubnetId string = network::app.id
