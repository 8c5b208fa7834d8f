import { laneIn } from "../../ledger/row/keys.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Budget } from "./budget.ts";
import type { Verdict } from "./admit.ts";

/** The keys of those who go now, and, if somebody could go but for the pacer, when. */
export interface Choice {
  readonly keys: readonly string[];
  readonly paceUntilMs: number | null;
}

/**
 * Ready keys in rank order, one more than there is room so that it shows whether more wait; and one
 * that goes before its rank.
 */
export interface Candidates {
  readonly ready: readonly string[];
  readonly overdue: string | null;
}

/**
 * Who goes now. Urgent ones take any room; lower lanes leave the reserve, and go one at a time at
 * the pacer's beat when they are more than the room. One that is overdue goes before all, if the
 * lower lanes have any room.
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
 * Every fifth dispatch goes to the longest waiting, so that a lane that never empties starves
 * nobody.
 */
const DISPATCHES_BY_RANK = 4;

/**
 * While others wait, one dispatch of so many goes to a retry of an offline machine: every ten
 * minutes one.
 */
const DISPATCHES_PER_RETRY = 100;

/**
 * True if the next dispatch out of rank is a retry's. Retries have always waited longest, and
 * nearly all of them are in vain, so the other dispatches out of rank are not for them.
 */
export function isRetryNext({ sinceRetry }: Pick<Budget, "sinceRetry">): boolean {
  // Once in a hundred, for whether there are any has to be read.
  return sinceRetry % DISPATCHES_PER_RETRY >= DISPATCHES_PER_RETRY - DISPATCHES_BY_RANK - 1;
}

/** How many may go by rank before the longest waiting; 1 if it is next, for it goes alone. */
export function dispatchesUntilLongestWaiting(budget: Pick<Budget, "byRank">): number {
  return Math.max(1, DISPATCHES_BY_RANK - budget.byRank);
}

/** True when the next dispatch is the longest waiting's. */
export function isLongestWaitingNext(budget: Pick<Budget, "byRank">): boolean {
  return budget.byRank >= DISPATCHES_BY_RANK;
}
