@description('Name of the identity.')
param name string
param location string
param tags object
@description('Whether Azure refuses to delete it until somebody takes the lock away.')
param locked bool

// Of its own and not the app's: its client id is half of the name of the ledger's partition, and its
// app roles in Defender were granted by a person. Both outlive an app that is deleted and made again.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  scope: identity
  name: 'keep'
  properties: {
    level: 'CanNotDelete'
    notes: 'What was given to this identity, another does not have.'
  }
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
