using '../main.bicep'

// For the tests: US Government, with a locked policy.
param environmentName = 'government'
param location = 'usgovvirginia'
param defenderCloud = 'gcc-high'
param evidencePolicyLocked = true
