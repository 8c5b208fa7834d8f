import type { Budget } from "../../limits/pace/budget.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { loadBudget } from "../../store/load.ts";
import type { Store } from "../../store/transact.ts";

/** A timer's ticks come a little early or late; one that comes a little early is in time. */
const NEARLY = 0.98;
/** Who polled last keeps the lease; others take it over when its poll is so much overdue. */
const OVERDUE = 1.5;

/** The right to ask for Defender's list once, and who wants it. */
export interface PollerLease {
  readonly pollerId: string;
  readonly nowMs: number;
  /** The list is not asked for more often than so. */
  readonly intervalMs: number;
}

/**
 * True if the poller has the lease; of two that ask, one gets it. Who polled last keeps it until it
 * is overdue, and need not write that first: the budget with the lease is written with what it saw.
 */
export async function takePollerLease(store: Store, lease: PollerLease): Promise<boolean> {
  const { pollerId, nowMs, intervalMs } = lease;
  const { polledAtMs, polledBy } = (await loadBudget(store.ledger)).value;
  const isAlone = polledBy === pollerId && store.clock.latest() < polledAtMs + intervalMs * OVERDUE;
  if (isAlone) return nowMs >= polledAtMs + intervalMs * NEARLY;
  let due = false;
  const taken = await changeBudgetAlone(store, (budget) => {
    const share = [pollerId, null].includes(budget.polledBy) ? NEARLY : OVERDUE;
    due = nowMs >= budget.polledAtMs + intervalMs * share;
    return due ? withPollerLease(budget, lease) : budget;
  });
  return due && taken !== null;
}

/** The budget with this lease; as it is if it has this one already, or a later one. */
export function withPollerLease(budget: Budget, { pollerId, nowMs }: PollerLease): Budget {
  if (budget.polledAtMs >= nowMs) return budget;
  return { ...budget, polledAtMs: nowMs, polledBy: pollerId };
}
