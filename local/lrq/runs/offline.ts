/** A machine that is on begins within a minute; what is Pending for longer is called offline. */
export const OFFLINE_AFTER_MS = 120_000;
