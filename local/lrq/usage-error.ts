/** The command cannot be run in this way. */
export class UsageError extends Error {}
