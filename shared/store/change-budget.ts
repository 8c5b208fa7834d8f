import type { AuditFacts } from "../evidence/audit.ts";
import { owing } from "../ledger/outbox/notice.ts";
import type { Budget } from "../limits/pace/budget.ts";
import { auditedBudget } from "./audit.ts";
import type { QueueRecords } from "./link-decisions.ts";
import { budgetChange, loadBudget, type MaybeStored } from "./load.ts";
import { isThrottleTold, queueNotices } from "./queue-notices.ts";
import { tryTransact, usual, type Store, type Transaction } from "./transact.ts";

/**
 * Stages the new budget, the facts for the log of the queue, and what is owed to those who follow
 * it. A sequence that the facts name is to be staged with what this returns: see `withDecisions`.
 */
export function changeBudget(
  tx: Transaction,
  before: MaybeStored<Budget>,
  after: Budget,
  facts: readonly AuditFacts[] = [],
): QueueRecords {
  const { budget, rows, written } = auditedBudget(after, facts);
  const throttleTold = isThrottleTold(before.value, budget);
  const isSame = throttleTold === budget.door.throttleTold;
  const next = isSame ? budget : { ...budget, door: { ...budget.door, throttleTold } };
  const owed = owing(queueNotices(before.value, next, facts));
  tx.stage([budgetChange(before, next), ...rows, ...owed]);
  return written;
}

/**
 * Changes only the budget. If the budget does not change, this costs no write. Null if others kept
 * writing it.
 */
export async function changeBudgetAlone(
  store: Store,
  change: (budget: Budget) => Budget,
): Promise<{ readonly before: Budget; readonly after: Budget } | null> {
  const changing = await tryTransact(store, usual("the budget"), async (tx) => {
    const stored = await loadBudget(tx);
    const after = change(stored.value);
    if (after !== stored.value) changeBudget(tx, stored, after);
    return { before: stored.value, after };
  });
  return changing.kind === "done" ? changing.value : null;
}
