import { auditRecordSchema, QUEUE_CHAIN } from "../../evidence/audit.ts";
import { decisionIn, type DecisionFacts } from "../../evidence/decision.ts";
import { auditKey, auditNumberIn } from "../../ledger/row/keys.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";

/** A page of what the queue decided about the sequences of a run. */
export interface DecisionPage {
  readonly v: 1;
  readonly runId: string;
  /** In the order of the queue's log. */
  readonly decisions: readonly DecisionFacts[];
  /** The number in the queue's log at which the next page begins; null at the end. */
  readonly next: number | null;
}

/** Records of the queue's log that one page looks through. */
const PAGE = 1_000;

/**
 * What the log of the queue says of the sequences of a run, from a record's number on, and nothing
 * of other runs. Only decisions in the chains of the sequences are given. Null if there is no such
 * run.
 */
export async function readDecisions(
  { ledger }: Pick<Ports, "ledger">,
  runId: string,
  from: number,
): Promise<DecisionPage | null> {
  const run = isRunId(runId) ? ((await loadRun(ledger, runId))?.value ?? null) : null;
  if (run === null) return null;
  const chains = new Map(
    (await listSequences(ledger, run)).records.flatMap(({ sequenceId, decisions }) =>
      decisions === null || decisions.count === 0 ? [] : [[sequenceId, decisions] as const],
    ),
  );
  const spans = [...chains.values()];
  const start = Math.max(from, Math.min(...spans.map(({ first }) => first)));
  const last = Math.max(0, ...spans.map((each) => each.last));
  const isOver = spans.length === 0 || start > last;
  const rows = isOver
    ? []
    : await ledger.list(auditKey(QUEUE_CHAIN, start), auditKey(QUEUE_CHAIN, last + 1), PAGE);
  const decisions = rows.flatMap(({ body }) => decisionsIn(body, chains));
  const lastRow = rows.at(-1);
  const seen = lastRow === undefined ? last : auditNumberIn(lastRow.key);
  return { v: 1, runId, decisions, next: seen < last ? seen + 1 : null };
}

function decisionsIn(
  body: unknown,
  chains: ReadonlyMap<string, NonNullable<SequenceRecord["decisions"]>>,
): DecisionFacts[] {
  const record = auditRecordSchema.parse(body);
  const ids = new Set(record.sequences.map(({ sequenceId }) => sequenceId));
  return [...ids].flatMap((sequenceId) => {
    const span = chains.get(sequenceId);
    const isLinked =
      span !== undefined && span.first <= record.number && record.number <= span.last;
    return isLinked ? (decisionIn(record, sequenceId) ?? []) : [];
  });
}
