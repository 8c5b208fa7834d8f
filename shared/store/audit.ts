import { appendAudit, type AuditFacts, QUEUE_CHAIN } from "../evidence/audit.ts";
import { auditKey } from "../ledger/row/keys.ts";
import { isoOf } from "../ledger/row/instant.ts";
import type { RowChange } from "../ledger/sequence/rows.ts";
import type { RunRecord } from "../ledger/run/run.ts";
import { isTerminal, type SequenceRecord } from "../ledger/sequence/sequence.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { QueueRecords } from "./link-decisions.ts";

/*
 * An audit record is written in the transaction of its decision, and its number is guarded by the
 * ETag of the row that holds the head of its log: the budget for the queue's, the run for a run's.
 */

/** The budget with the log's new head, the rows to insert with it, and what they say. */
export function auditedBudget(
  budget: Budget,
  facts: readonly AuditFacts[],
): {
  readonly budget: Budget;
  readonly rows: readonly RowChange[];
  readonly written: QueueRecords;
} {
  const { head, records } = appendAudit(budget.audit, QUEUE_CHAIN, facts);
  const linkedFrom = budget.audit.linkedFrom ?? records[0]?.number ?? null;
  const audit = linkedFrom === null ? head : { ...head, linkedFrom };
  return { budget: { ...budget, audit }, rows: rowsFor(records), written: { records, linkedFrom } };
}

/** The run with its log's new head, and the rows to insert with it. */
export function auditedRun(
  run: RunRecord,
  facts: readonly AuditFacts[],
): { readonly run: RunRecord; readonly rows: readonly RowChange[] } {
  const { head, records } = appendAudit(run.audit, run.runId, facts);
  return { run: { ...run, audit: head }, rows: rowsFor(records) };
}

function rowsFor(records: ReturnType<typeof appendAudit>["records"]): RowChange[] {
  return records.map((record) => ({
    op: "insert",
    key: auditKey(record.chain, record.number),
    body: record,
  }));
}

/** One fact about sequences. */
export function factAbout(
  event: AuditFacts["event"],
  records: readonly SequenceRecord[],
  { atMs, by = null, detail = "" }: { atMs: number; by?: string | null; detail?: string },
): AuditFacts {
  const sequences = records.map(({ sequenceId, actionId }) => ({
    sequenceId,
    machineActionId: actionId,
  }));
  return { at: isoOf(atMs), event, by, sequences, detail };
}

/** What a move of a sequence is called in the log; null when nothing was decided. */
export function factOfMove(
  before: SequenceRecord,
  after: SequenceRecord,
  atMs: number,
): AuditFacts | null {
  const sent = after.cancel?.sent === true && before.cancel?.sent !== true;
  if (before.state === after.state) {
    const detail = after.cancel === null ? "" : `${after.cancel.why}, by ${after.cancel.by}`;
    return sent ? factAbout("cancelSent", [after], { atMs, detail }) : null;
  }
  // A sequence that is given back has no action any more; the log names the action that it had.
  const named = { ...after, actionId: after.actionId ?? before.actionId };
  const by = after.state === "cancelled" ? (after.cancel?.by ?? null) : null;
  return factAbout(eventOf(before, after), [named], { atMs, by, detail: detailOf(after) });
}

function eventOf(before: SequenceRecord, after: SequenceRecord): AuditFacts["event"] {
  if (after.state === "refused") return "refused";
  if (isTerminal(after)) return "ended";
  if (after.state === "claimed" || after.state === "unconfirmed") return after.state;
  if (after.state !== "submitted") return "givenBack";
  return before.state === "claimed" ? "submitted" : "adopted";
}

function detailOf({ state, outcome, reason, part, attempt }: SequenceRecord): string {
  if (state === "waiting") return reason?.code ?? (part > 0 && attempt === 0 ? "next part" : "");
  if (outcome === null) return state === "succeeded" ? state : "";
  return `${state}, ${outcome.code}: ${outcome.detail}`;
}

/** Facts that say the same of several sequences, as one: ten answers of a kind are one record. */
export function grouped(facts: readonly (AuditFacts | null)[]): AuditFacts[] {
  const groups = new Map<string, AuditFacts>();
  for (const fact of facts) {
    if (fact === null) continue;
    const key = JSON.stringify([fact.event, fact.by, fact.detail]);
    const group = groups.get(key);
    const sequences = [...(group?.sequences ?? []), ...fact.sequences];
    groups.set(key, { ...(group ?? fact), sequences });
  }
  return [...groups.values()];
}
