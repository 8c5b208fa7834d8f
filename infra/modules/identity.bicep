@description('Name of the identity.')
param name string
param location string
param tags object

// Of its own and not the app's: its client id is half of the name of the ledger's partition, and its
// app roles in Defender were granted by a person. Both outlive an app that is deleted and made again.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
