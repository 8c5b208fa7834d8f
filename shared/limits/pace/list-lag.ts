import { z } from "zod";
import { unstampedMs, type Limits } from "./limits.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/*
 * How long Defender's list takes to show a new action is not documented, and the guard time depends
 * on it. So lrq measures it: the longest time for which lists did not show an action of ours that
 * existed.
 */

/** The longest lag of the last hours, and when it was seen; epoch milliseconds. */
export const listLagSchema = rowObject({ ms: z.number().nonnegative(), seenAtMs: fineInstant });
export type ListLag = z.infer<typeof listLagSchema>;

export const NO_LAG: ListLag = { ms: 0, seenAtMs: 0 };

/** For this long lrq expects the same lag again. */
const REMEMBERED_MS = 6 * 3_600_000;
/**
 * The next lag may be longer than all so far. And polls see each too short, by up to the time
 * between two polls.
 */
const GUARD_LAGS = 2;
/**
 * Without this bound, a list that never shows some actions would let every lost answer wait until
 * it expires.
 */
const GUARD_MOST_TIMES = 10;

/** The longest lag after one more; the same if that changes nothing. */
export function withLag(before: ListLag, ms: number, nowMs: number): ListLag {
  const isOld = nowMs > before.seenAtMs + REMEMBERED_MS;
  return ms > 0 && (isOld || ms >= before.ms) ? { ...before, ms, seenAtMs: nowMs } : before;
}

/** The longest lag of the last hours, including actions that no list has shown yet. */
export function listLagMs(
  {
    listLag,
    sessions,
  }: { listLag: ListLag; sessions: readonly { readonly missedMs?: number | undefined }[] },
  nowMs: number,
): number {
  const longestMs = nowMs > listLag.seenAtMs + REMEMBERED_MS ? 0 : listLag.ms;
  return Math.max(longestMs, ...sessions.map(({ missedMs }) => missedMs ?? 0));
}

/**
 * How old an unanswered POST has to be before it is given up: the setting, or longer while lists
 * are slower; never shorter than the POST may be under way.
 */
export function guardMs(lagMs: number, limits: Limits): number {
  const slow = Math.min(lagMs * GUARD_LAGS, limits.guardMs * GUARD_MOST_TIMES);
  return Math.max(limits.guardMs, slow, unstampedMs(limits) - limits.windowMs);
}

/** The guard time while lists are slower than ever. */
export function longestGuardMs(limits: Limits): number {
  return guardMs(Infinity, limits);
}
