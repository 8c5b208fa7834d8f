import type { Budget } from "../../limits/pace/budget.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { loadBudget } from "../../store/load.ts";
import type { Store } from "../../store/transact.ts";

/** The ticks of a timer come a little early or late; one this early counts as in time. */
const NEARLY = 0.98;

/** The right to ask for Defender's list once, and the process that wants it. */
export interface PollerLease {
  readonly pollerId: string;
  readonly nowMs: number;
  /** The shortest time between two lists. */
  readonly intervalMs: number;
  /** The process that polled last keeps the lease, until its poll is so late. */
  readonly lateMs: number;
}

/**
 * True if the poller has the lease; if two ask, one gets it. The one that polled last keeps it
 * until it is overdue. It need not write the lease first, because the lease is written together
 * with what the list showed.
 */
export async function takePollerLease(store: Store, lease: PollerLease): Promise<boolean> {
  const { pollerId, nowMs, intervalMs } = lease;
  const overdueMs = intervalMs + lease.lateMs;
  const { polledAtMs, polledBy } = (await loadBudget(store.ledger)).value;
  const isAlone = polledBy === pollerId && store.clock.latest() < polledAtMs + overdueMs;
  if (isAlone) return nowMs >= polledAtMs + intervalMs * NEARLY;
  let due = false;
  const taken = await changeBudgetAlone(store, (budget) => {
    const isOwn = [pollerId, null].includes(budget.polledBy);
    due = nowMs >= budget.polledAtMs + (isOwn ? intervalMs * NEARLY : overdueMs);
    return due ? withPollerLease(budget, lease) : budget;
  });
  return due && taken !== null;
}

/** The budget with this lease; unchanged if it already has this lease or a later one. */
export function withPollerLease(budget: Budget, { pollerId, nowMs }: PollerLease): Budget {
  if (budget.polledAtMs >= nowMs) return budget;
  return { ...budget, polledAtMs: nowMs, polledBy: pollerId };
}
