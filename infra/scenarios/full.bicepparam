using '../main.bicep'

// Every option at once, for the snapshot: nobody deploys this.
param environmentName = 'full'
param location = 'westeurope'
param callersVaultEntry = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv-contoso/secrets/lrq-callers'
param customerKeyId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv-contoso/keys/lrq-storage'
param inbound = [
  { name: 'playbooks', from: 'LogicApps', isServiceTag: true }
  { name: 'office', from: '203.0.113.0/24', isServiceTag: false }
]
param privateNetwork = true
param deleteLocks = true
param instanceMemoryMB = 512
param maximumInstanceCount = 1
param alwaysReadyHttp = 2
param storageSku = 'Standard_GZRS'
param evidenceImmutableDays = 365
param evidenceKeepDays = 730
param alarmEmail = 'soc@contoso.example'
param logDays = 365
param settings = {
  LEDGER_CLIENT_ID: '22222222-2222-2222-2222-222222222222'
  DEFENDER_API_URL: 'https://api-eu.securitycenter.microsoft.com'
  DEFENDER_TOKEN_SCOPE: 'https://api.securitycenter.microsoft.com/.default'
  DEFENDER_CALLS_PER_MINUTE: '10'
  DEFENDER_MAX_SESSIONS: '25'
  DEFENDER_READS_PER_MINUTE: '100'
  DEFENDER_READS_PER_HOUR: '1500'
  DEFENDER_HUNTS_PER_MINUTE: '15'
  HUNTING_API: 'graph'
  DEFENDER_PENDING_MINUTES: '15'
  RATE_WINDOW_SECONDS: '60'
  SUBMISSION_GUARD_SECONDS: '180'
  CALL_TIMEOUT_SECONDS: '30'
  MACHINE_BUSY_SECONDS: '60'
  MACHINE_OFFLINE_SECONDS: '3600'
  SEQUENCE_EXPIRY_HOURS: '72'
  POLL_SECONDS: '15'
  CLOSED_DOOR_SECONDS: '60'
  DRAIN_LINGER_SECONDS: '240'
  WATCH_SECONDS: '55'
  LIBRARY_CHECK: 'list'
  LIBRARY_MINUTES: '5'
  PAGE_SIGN_IN: '{"tenant":"3fa85f64-5717-4562-b3fc-2c963f66afa6","clientId":"9b1f2d1c-6e2c-4a8f-9a52-0c5d6a1e7b42","scope":"api://lrq/user_impersonation"}'
  LOCKDOWN: 'false'
  PAUSED: 'false'
  SCOPE: '{}'
  REQUESTS_PER_CALLER_PER_MINUTE: '600'
  CAP_MACHINES_PER_INCIDENT: '25'
  CAP_MACHINES_PER_CALLER_PER_DAY: '100'
  CAP_MACHINES_PER_DAY: '500'
  CANARY_MACHINES: '3'
  CANARY_ABOVE: '10'
  CANARY_FAILURES: '0.5'
  APPROVAL_MINUTES: '60'
  CALLBACK_HOSTS: 'hooks.contoso.example'
  CALLBACK_SCHEDULE_SECONDS: '5,300'
  CALLBACK_TIMEOUT_SECONDS: '15'
  SENTINEL_COMMENTS: 'true'
  PUBLIC_URL: 'https://lrq.contoso.example'
}
