/** How long sessions took of late, and over how many of them that was taken. */
export interface MeanSession {
  readonly meanSessionMs: number;
  readonly sessionsMeasured: number;
}

/**
 * What was believed before the first, as if so many had been measured: creation to first command 2
 * to 2.5 min, 37 to 46 s of tail (observed timings).
 */
export const FIRST_MEAN: MeanSession = { meanSessionMs: 180_000, sessionsMeasured: 3 };
/** So many count, the newest most: fewer would be too uneven where half are given up early. */
const SESSIONS_REMEMBERED = 30;
/** A session counts as at most so many times the mean before. */
const LENGTH_COUNTED_MOST = 5;

/**
 * The mean with one session more. One that took days, because nobody else wanted its session, says
 * little of the next, and does not count in full.
 */
export function withSession(before: MeanSession, lengthMs: number): MeanSession {
  const { meanSessionMs, sessionsMeasured } = before;
  const length = Math.min(Math.max(1, lengthMs), meanSessionMs * LENGTH_COUNTED_MOST);
  const of = Math.min(sessionsMeasured + 1, SESSIONS_REMEMBERED);
  return { meanSessionMs: meanSessionMs + (length - meanSessionMs) / of, sessionsMeasured: of };
}
