param vaultName string
param secretName string
param principalId string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = {
    name: secretName
  }
}

// On the one secret, and not on the vault.
resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::secret
  name: guid(vault::secret.id, principalId, keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      keyVaultSecretsUser
    )
    description: 'The host reads CALLERS, which has secrets of callers.'
  }
}
