import { z } from "zod";
import { unstampedMs, type Limits } from "./limits.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/*
 * How long Defender's list takes to show a new action is documented nowhere, and the guard time
 * stands or falls with it. So it is measured: the longest time for which lists were seen not to
 * show an action of ours that was there.
 */

/** The longest lag of late, and when it was seen; epoch milliseconds. */
export const listLagSchema = rowObject({ ms: z.number().nonnegative(), seenAtMs: fineInstant });
export type ListLag = z.infer<typeof listLagSchema>;

export const NO_LAG: ListLag = { ms: 0, seenAtMs: 0 };

/** So long a lag is expected to come again. */
const REMEMBERED_MS = 6 * 3_600_000;
/** The next may be longer than all so far, and polls see each too short by the time between. */
const GUARD_LAGS = 2;
/** A list that shows some actions never would make every lost answer wait until it expires. */
const GUARD_MOST_TIMES = 10;

/** The longest lag of late with one more; the same if that tells nothing new. */
export function withLag(before: ListLag, ms: number, nowMs: number): ListLag {
  const isOld = nowMs > before.seenAtMs + REMEMBERED_MS;
  return ms > 0 && (isOld || ms >= before.ms) ? { ...before, ms, seenAtMs: nowMs } : before;
}

/** The longest lag of late, that of actions that are not shown until now included. */
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
 * How old an unanswered POST is when it may be given up: the setting; longer while lists are slower
 * than that; never shorter than the POST may be under way.
 */
export function guardMs(lagMs: number, limits: Limits): number {
  const slow = Math.min(lagMs * GUARD_LAGS, limits.guardMs * GUARD_MOST_TIMES);
  return Math.max(limits.guardMs, slow, unstampedMs(limits) - limits.windowMs);
}
