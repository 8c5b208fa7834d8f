using 'main.bicep'

// azd asks for the first two. Set the others with `azd env set NAME VALUE`; infra/README.md has them.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'test')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param callers = readEnvironmentVariable('LRQ_CALLERS', '')
param settings = json(readEnvironmentVariable('LRQ_SETTINGS', '{}'))
param defenderCloud = readEnvironmentVariable('LRQ_DEFENDER_CLOUD', 'commercial')
param callersVaultEntry = readEnvironmentVariable('LRQ_CALLERS_VAULT_ENTRY', '')
param customerKeyId = readEnvironmentVariable('LRQ_CUSTOMER_KEY_ID', '')
param inbound = json(readEnvironmentVariable('LRQ_INBOUND', '[]'))
param twoApps = bool(readEnvironmentVariable('LRQ_TWO_APPS', 'false'))
param privateNetwork = bool(readEnvironmentVariable('LRQ_PRIVATE_NETWORK', 'false'))
param deleteLocks = bool(readEnvironmentVariable('LRQ_DELETE_LOCKS', 'false'))
param evidencePolicyLocked = bool(readEnvironmentVariable('LRQ_EVIDENCE_POLICY_LOCKED', 'false'))
param alarmEmail = readEnvironmentVariable('LRQ_ALARM_EMAIL', '')
param storageSku = readEnvironmentVariable('LRQ_STORAGE_SKU', 'Standard_ZRS')
