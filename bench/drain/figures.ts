/** Arithmetic of the measurements, all pure. Instants and lengths are milliseconds. */

/** The value below which `share` (0 to 1) of the values lie: the nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/**
 * How many of these calls came when `limit` others had come within `windowMs` before them: the
 * window slides, is half open, and every call counts in it, let in or not.
 */
export function callsOverLimit(
  arrivals: readonly number[],
  limit: number,
  windowMs: number,
): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  return sorted.filter((atMs, index) => {
    const earlier = sorted[index - limit];
    return earlier !== undefined && atMs - earlier < windowMs;
  }).length;
}

/** How many of these instants lie in `[fromMs, untilMs)`. */
export function countWithin(instants: readonly number[], fromMs: number, untilMs: number): number {
  return instants.filter((atMs) => atMs >= fromMs && atMs < untilMs).length;
}

/** What a tenant lets in, at most. */
export interface Law {
  readonly callsPerWindow: number;
  readonly windowMs: number;
  readonly maxSessions: number;
  readonly meanSessionMs: number;
}

/**
 * Starts that nobody could exceed in whole windows that begin with the first call: ten calls each,
 * and no more sessions than there is room for; those of the first window all begin empty.
 */
export function possibleStarts(law: Law, windows: number): number {
  const bySessions =
    law.maxSessions + (windows * law.windowMs * law.maxSessions) / law.meanSessionMs;
  return Math.min(windows * law.callsPerWindow, bySessions);
}
