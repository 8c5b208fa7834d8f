param vaultName string
param keyName string
param principalId string

var keyVaultCryptoServiceEncryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource key 'keys' existing = {
    name: keyName
  }
}

// On the one key, and not on the vault.
resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::key
  name: guid(vault::key.id, principalId, keyVaultCryptoServiceEncryptionUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      keyVaultCryptoServiceEncryptionUser
    )
    description: 'Storage wraps its keys with the key of the customer.'
  }
}
