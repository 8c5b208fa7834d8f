import { z } from "zod";
import type { ChainHead } from "../ledger/run/chain-head.ts";
import { AUDIT_EVENTS, type AuditRecord } from "./audit.ts";
import {
  type ChainEnd,
  type ChainKind,
  endOf,
  linkShape,
  sealed,
  type Verdict,
  verifyLinks,
} from "./chain.ts";

/** What one record of the queue's log says of one sequence, and nothing of the others in it. */
export const decisionFactsSchema = z.strictObject({
  sequenceId: z.string(),
  /** The number of the record in the log of the queue. */
  queueNumber: z.int().positive(),
  at: z.iso.datetime(),
  event: z.enum(AUDIT_EVENTS),
  by: z.string().nullable(),
  machineActionIds: z.array(z.string()),
  detail: z.string(),
});
export type DecisionFacts = Readonly<z.infer<typeof decisionFactsSchema>>;

/**
 * A decision of the queue about a sequence, as a link in the chain of that sequence. The record of
 * the sequence has the end of the chain, and so has a seal of its run. So the decisions about one
 * run can be proven without the log of the queue, which tells of all runs.
 */
export const decisionSchema = z.strictObject({ ...linkShape, ...decisionFactsSchema.shape });
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

/** What a record says of the sequence; null if it does not name it. */
export function decisionIn(record: AuditRecord, sequenceId: string): DecisionFacts | null {
  const { number: queueNumber, at, event, by, detail } = record;
  const own = record.sequences.filter((each) => each.sequenceId === sequenceId);
  if (own.length === 0) return null;
  const machineActionIds = own.flatMap(({ machineActionId }) => machineActionId ?? []);
  return { sequenceId, queueNumber, at, event, by, machineActionIds, detail };
}

/** The decision as the link after `head`. */
export function linked(head: ChainHead, facts: DecisionFacts): Decision {
  return decisionSchema.parse(sealed(endOf(head), facts));
}

/** Verifies the decisions about one sequence as read from JSON; see `verifyLinks`. */
export function verifyDecisions(links: readonly unknown[], expected: ChainEnd | null): Verdict {
  return verifyLinks(DECISIONS, links, expected);
}

const DECISIONS: ChainKind<Decision> = {
  noun: "decision",
  schema: decisionSchema,
  chainOf: ({ sequenceId }) => sequenceId,
  stranger: "belongs to another sequence",
};
