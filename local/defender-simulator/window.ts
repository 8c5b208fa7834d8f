/**
 * A strict sliding window over times in ascending order (epoch milliseconds). A call counts from
 * the instant it arrives until just before `windowMs` later, so no half-open window of that length
 * ever holds more than the limit.
 */
export function countWithin(timesMs: readonly number[], nowMs: number, windowMs: number): number {
  let count = 0;
  for (let index = timesMs.length - 1; index >= 0; index -= 1) {
    if (timesMs[index]! <= nowMs - windowMs) break;
    count += 1;
  }
  return count;
}

/** When the next call would be let in if none came before it; `nowMs` if one would be now. */
export function opensAtMs(
  timesMs: readonly number[],
  nowMs: number,
  windowMs: number,
  limit: number,
): number {
  if (limit <= 0) return Number.POSITIVE_INFINITY;
  const inTheWay = timesMs[timesMs.length - limit];
  return inTheWay === undefined ? nowMs : Math.max(nowMs, inTheWay + windowMs);
}
