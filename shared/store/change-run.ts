import type { AuditFacts } from "../evidence/audit.ts";
import { runKey } from "../ledger/row/keys.ts";
import type { Stored } from "../ledger/sequence/rows.ts";
import { openingNote, type RunRecord } from "../ledger/run/run.ts";
import { auditedRun } from "./audit.ts";
import type { Transaction } from "./transact.ts";

/**
 * Stages the new run with its consequences: the facts for its log, and the note that its gate has
 * changed.
 */
export function changeRun(
  tx: Transaction,
  before: Stored<RunRecord>,
  after: RunRecord,
  facts: readonly AuditFacts[] = [],
): void {
  const { run, rows } = auditedRun(after, facts);
  tx.stage([
    { op: "replace", key: runKey(run.runId), body: run, etag: before.etag },
    ...openingNote(before.value, run),
    ...rows,
  ]);
}
