import type { AuditFacts } from "../evidence/audit.ts";
import type { Budget } from "../limits/budget.ts";
import { auditedBudget } from "./audit.ts";
import { budgetChange, type MaybeStored } from "./load.ts";
import type { Transaction } from "./transact.ts";

/** Stages the budget as it shall stand, and what joins the log of the queue with it. */
export function changeBudget(
  tx: Transaction,
  before: MaybeStored<Budget>,
  after: Budget,
  facts: readonly AuditFacts[] = [],
): void {
  const { budget, rows } = auditedBudget(after, facts);
  tx.stage([budgetChange(before, budget), ...rows]);
}
