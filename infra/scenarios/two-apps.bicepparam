using '../main.bicep'

// For the tests: two apps, with every option that has to do with them.
param environmentName = 'two'
param location = 'westeurope'
param twoApps = true
param callersVaultEntry = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/lrq-callers'
param customerKeyId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv-contoso/keys/lrq-storage'
param inbound = [
  { name: 'playbooks', from: 'LogicApps', isServiceTag: true }
]
param privateNetwork = true
param deleteLocks = true
param alwaysReadyHttp = 1
param settings = {
  CALLBACK_HOSTS: 'hooks.contoso.example'
}
