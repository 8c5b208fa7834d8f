import { laneIn } from "../../ledger/row/keys.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Budget } from "./budget.ts";
import type { Verdict } from "./admit.ts";

/** The keys of the sequences that go now; and, if only the pacer holds back more, its next time. */
export interface Choice {
  readonly keys: readonly string[];
  readonly paceUntilMs: number | null;
}

/**
 * Ready keys in rank order, one more than there is room, so that it shows whether more wait; and
 * one that goes before its rank.
 */
export interface Candidates {
  readonly ready: readonly string[];
  readonly overdue: string | null;
}

/**
 * Chooses who goes now. Urgent sequences take any room. Lower lanes leave the reserve; if they are
 * more than the room, they go one at a time when the pacer lets them. An overdue one goes first, if
 * the lower lanes have any room.
 */
export function choose(
  { ready, overdue }: Candidates,
  verdict: Extract<Verdict, { kind: "go" }>,
  budget: Pick<Budget, "paceAtMs">,
  nowMs: number,
): Choice {
  if (overdue !== null && verdict.lowerRoom > 0) return { keys: [overdue], paceUntilMs: null };
  const urgent = ready.filter((key) => laneIn(key) === URGENT_LANE).slice(0, verdict.room);
  const lower = ready.filter((key) => laneIn(key) !== URGENT_LANE);
  const room = Math.max(0, Math.min(verdict.room - urgent.length, verdict.lowerRoom));
  if (lower.length <= room) return { keys: [...urgent, ...lower], paceUntilMs: null };
  if (room === 0) return { keys: urgent, paceUntilMs: null };
  if (budget.paceAtMs > nowMs) return { keys: urgent, paceUntilMs: budget.paceAtMs };
  return { keys: [...urgent, ...lower.slice(0, 1)], paceUntilMs: null };
}

/**
 * Every fifth dispatch goes to the sequence that has waited longest. So no lane waits for ever
 * behind one that never empties.
 */
const DISPATCHES_BY_RANK = 4;

/**
 * While others wait, one dispatch of this many, about every ten minutes, goes to a retry of an
 * offline machine.
 */
const DISPATCHES_PER_RETRY = 100;

/**
 * True if the next dispatch out of rank goes to a retry. Retries have always waited longest, and
 * nearly all of them fail, so they do not get the other dispatches out of rank.
 */
export function isRetryNext({ sinceRetry }: Pick<Budget, "sinceRetry">): boolean {
  // Once in a hundred dispatches, because it takes a read to see whether there are any.
  return sinceRetry % DISPATCHES_PER_RETRY >= DISPATCHES_PER_RETRY - DISPATCHES_BY_RANK - 1;
}

/**
 * How many may go by rank before the one that has waited longest. 1 if that is next, because it
 * goes alone.
 */
export function dispatchesUntilLongestWaiting(budget: Pick<Budget, "byRank">): number {
  return Math.max(1, DISPATCHES_BY_RANK - budget.byRank);
}

/** True if the next dispatch goes to the sequence that has waited longest. */
export function isLongestWaitingNext(budget: Pick<Budget, "byRank">): boolean {
  return budget.byRank >= DISPATCHES_BY_RANK;
}
