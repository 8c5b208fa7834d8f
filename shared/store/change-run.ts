import type { AuditFacts } from "../evidence/audit.ts";
import type { Stored } from "../ledger/sequence/rows.ts";
import { openingNote, type RunRecord } from "../ledger/run/run.ts";
import { runChanges } from "../ledger/run/run-changes.ts";
import { askingForSeal, overNote } from "../ledger/run/seal.ts";
import { auditedRun } from "./audit.ts";
import type { Transaction } from "./transact.ts";

/**
 * Stages the new run with its consequences: the facts for its log, and the notes that its gate has
 * changed, or that the run has to be sealed.
 */
export function changeRun(
  tx: Transaction,
  before: Stored<RunRecord>,
  after: RunRecord,
  facts: readonly AuditFacts[] = [],
): void {
  const { run, rows } = auditedRun(askingForSeal(before.value, after), facts);
  tx.stage([
    ...runChanges(before, run),
    ...openingNote(before.value, run),
    ...overNote(before.value, run),
    ...rows,
  ]);
}
