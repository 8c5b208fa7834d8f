using 'main.bicep'

// azd asks for the first two. Set the others with `azd env set NAME VALUE`; infra/README.md has them.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'test')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param callers = readEnvironmentVariable('LRQ_CALLERS', '')
param settings = json(readEnvironmentVariable('LRQ_SETTINGS', '{}'))
param defenderCloud = readEnvironmentVariable('LRQ_DEFENDER_CLOUD', 'commercial')
