import type { AuditFacts } from "../evidence/audit.ts";
import { machineKey, sequenceKey } from "../ledger/row/keys.ts";
import type { MachineLease, Stored } from "../ledger/sequence/rows.ts";
import type { Budget } from "../limits/pace/budget.ts";
import { changeBudget } from "./change-budget.ts";
import { moveSequence, type Change } from "./change-sequence.ts";
import { withDecisions } from "./link-decisions.ts";
import { loadBudget } from "./load.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

/** What else goes into the transaction of the move. */
interface WithBudget {
  /** The new budget; null if nothing may be written after all. */
  readonly onBudget: (budget: Budget) => Budget | null;
  /** The facts for the log of the queue. */
  readonly facts: readonly AuditFacts[];
  readonly lease?: Stored<MachineLease> | null;
}

/**
 * Moves a sequence and changes the budget, both or neither. If somebody has written the sequence
 * meanwhile, their write counts and nothing is written. After a race lost on another row it tries
 * again, but not if another sequence has the machine. False if nothing was written.
 */
export async function moveWithBudget(
  store: Store,
  change: Change,
  { onBudget, facts, lease = null }: WithBudget,
): Promise<boolean> {
  const { before, after } = change;
  const { sequenceId, machineId } = after;
  const moving = await tryTransact(store, usual(sequenceId), async (tx) => {
    if (tx.lost?.key === sequenceKey(sequenceId)) return false;
    // Another sequence has the machine that this one would take, and keeps it for minutes.
    if (tx.lost?.key === machineKey(machineId) && tx.lost.why === "exists") return false;
    const budget = await loadBudget(tx);
    const next = onBudget(budget.value);
    if (next === null) return false;
    const written = changeBudget(tx, budget, next, facts);
    const known = tx.lost === null ? lease : null;
    const linked = withDecisions(before.value, after, written);
    if (linked !== before.value) {
      await moveSequence(tx, { ...change, after: linked }, { lease: known });
    }
    return true;
  });
  return moving.kind === "done" && moving.value;
}
