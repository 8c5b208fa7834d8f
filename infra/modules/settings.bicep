@export()
@description('What a customer may set. docs/settings.md says what each is for. Values are text, as the app reads them.')
@sealed()
type LrqSettings = {
  LEDGER_CLIENT_ID: string?
  DEFENDER_API_URL: string?
  DEFENDER_TOKEN_SCOPE: string?
  DEFENDER_CALLS_PER_MINUTE: string?
  DEFENDER_MAX_SESSIONS: string?
  DEFENDER_READS_PER_MINUTE: string?
  DEFENDER_READS_PER_HOUR: string?
  DEFENDER_HUNTS_PER_MINUTE: string?
  HUNTING_API: string?
  DEFENDER_PENDING_MINUTES: string?
  RATE_WINDOW_SECONDS: string?
  SUBMISSION_GUARD_SECONDS: string?
  CALL_TIMEOUT_SECONDS: string?
  MACHINE_BUSY_SECONDS: string?
  MACHINE_OFFLINE_SECONDS: string?
  SEQUENCE_EXPIRY_HOURS: string?
  POLL_SECONDS: string?
  CLOSED_DOOR_SECONDS: string?
  DRAIN_LINGER_SECONDS: string?
  WATCH_SECONDS: string?
  LIBRARY_CHECK: string?
  LIBRARY_MINUTES: string?
  PAGE_SIGN_IN: string?
  LOCKDOWN: string?
  PAUSED: string?
  SCOPE: string?
  REQUESTS_PER_CALLER_PER_MINUTE: string?
  CAP_MACHINES_PER_INCIDENT: string?
  CAP_MACHINES_PER_CALLER_PER_DAY: string?
  CAP_MACHINES_PER_DAY: string?
  CANARY_MACHINES: string?
  CANARY_ABOVE: string?
  CANARY_FAILURES: string?
  APPROVAL_MINUTES: string?
  CALLBACK_HOSTS: string?
  CALLBACK_SCHEDULE_SECONDS: string?
  CALLBACK_TIMEOUT_SECONDS: string?
  SENTINEL_COMMENTS: string?
  PUBLIC_URL: string?
}
