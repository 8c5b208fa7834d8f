/** Clocks of hosts and of the storage account differ by seconds; a minute is no accident. */
const CLOCKS_MS = 60_000;

/**
 * A function runs for five minutes at most (`functionTimeout` in host.json). It can have read the
 * clock in the first of them, and write in the last.
 */
export const LATE_MS = 300_000 + CLOCKS_MS;

/**
 * True if none of the instants, ISO 8601 in UTC, is before the one that stands before it, but for
 * `slackMs`. Those that are null are not known.
 */
export function areInOrder(instants: readonly (string | null)[], slackMs = CLOCKS_MS): boolean {
  const known = instants.filter((each) => each !== null).map((each) => Date.parse(each));
  return known.every((atMs, place) => place === 0 || atMs >= (known[place - 1] ?? 0) - slackMs);
}
