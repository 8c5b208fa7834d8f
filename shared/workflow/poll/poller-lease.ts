import type { Budget } from "../../limits/pace/budget.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { loadBudget } from "../../store/load.ts";
import type { Store } from "../../store/transact.ts";

/** A timer's ticks come a little early or late; one that comes a little early is in time. */
const NEARLY = 0.98;
/** Who looked last looks on; somebody else takes over when a look is so much overdue. */
const OVERDUE = 1.5;

/** One look at Defender's list, and who wants to make it. */
export interface Turn {
  readonly pollerId: string;
  readonly nowMs: number;
  /** The list is not asked for more often than so. */
  readonly intervalMs: number;
}

/**
 * True if the turn is the poller's: of two that want to look, one does. Who looked last may look on
 * until others may, and need not write that down first: `tookTurn` goes along with what is found.
 */
export async function takeTurn(store: Store, turn: Turn): Promise<boolean> {
  const { pollerId, nowMs, intervalMs } = turn;
  const { polledAtMs, polledBy } = (await loadBudget(store.ledger)).value;
  const isAlone = polledBy === pollerId && store.clock.latest() < polledAtMs + intervalMs * OVERDUE;
  if (isAlone) return nowMs >= polledAtMs + intervalMs * NEARLY;
  let due = false;
  const taken = await changeBudgetAlone(store, (budget) => {
    const share = [pollerId, null].includes(budget.polledBy) ? NEARLY : OVERDUE;
    due = nowMs >= budget.polledAtMs + intervalMs * share;
    return due ? tookTurn(budget, turn) : budget;
  });
  return due && taken !== null;
}

/** The budget once the turn is taken; the same if that stands in it, or a later one does. */
export function tookTurn(budget: Budget, { pollerId, nowMs }: Turn): Budget {
  if (budget.polledAtMs >= nowMs) return budget;
  return { ...budget, polledAtMs: nowMs, polledBy: pollerId };
}
