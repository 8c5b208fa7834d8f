import type { AuditRecord } from "../evidence/audit.ts";
import { headOf } from "../evidence/chain.ts";
import { decisionIn, type DecisionFacts, linked } from "../evidence/decision.ts";
import { areLinked } from "../ledger/sequence/decisions.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";

/** What a transaction writes into the log of the queue. */
export interface QueueRecords {
  readonly records: readonly AuditRecord[];
  /** From this number on every version that wrote into the log has linked its decisions. */
  readonly linkedFrom: number | null;
}

/**
 * `after` with the decisions of this transaction in its chain; whoever stages records that name a
 * sequence stages the sequence with them. A chain that may lack a decision ends for good: then
 * nobody is told that it is complete.
 */
export function withDecisions(
  before: SequenceRecord,
  after: SequenceRecord,
  { records, linkedFrom }: QueueRecords,
): SequenceRecord {
  const facts = records.flatMap((each) => decisionIn(each, after.sequenceId) ?? []);
  const { decisions } = after;
  if (facts.length === 0 || decisions === null) return after;
  if (!areLinked(before, linkedFrom)) return { ...after, decisions: null };
  return { ...after, decisions: facts.reduce(withOne, decisions) };
}

type Decisions = NonNullable<SequenceRecord["decisions"]>;

function withOne(decisions: Decisions, facts: DecisionFacts): Decisions {
  const { queueNumber } = facts;
  const first = decisions.count === 0 ? queueNumber : decisions.first;
  return { ...decisions, ...headOf(linked(decisions, facts)), first, last: queueNumber };
}
