/** The mean length of the last sessions, and the number of sessions in it. */
export interface MeanSession {
  readonly meanSessionMs: number;
  readonly sessionsMeasured: number;
}

/**
 * The mean before the first session, as if so many had been measured: creation to first command 2
 * to 2.5 min, then 37 to 46 s (observed timings).
 */
export const FIRST_MEAN: MeanSession = { meanSessionMs: 180_000, sessionsMeasured: 3 };
/**
 * This many sessions count, the newest most. Fewer would vary too much if half are given up early.
 */
const SESSIONS_REMEMBERED = 30;
/** A session counts for at most this many times the mean before it. */
const LENGTH_COUNTED_MOST = 5;

/**
 * The mean after one more session. A session may last for days if nobody else needs it. It says
 * little about the next, so it does not count in full.
 */
export function withSession(before: MeanSession, lengthMs: number): MeanSession {
  const { meanSessionMs, sessionsMeasured } = before;
  const length = Math.min(Math.max(1, lengthMs), meanSessionMs * LENGTH_COUNTED_MOST);
  const of = Math.min(sessionsMeasured + 1, SESSIONS_REMEMBERED);
  return { meanSessionMs: meanSessionMs + (length - meanSessionMs) / of, sessionsMeasured: of };
}
