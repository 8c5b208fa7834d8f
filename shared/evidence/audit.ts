import { z } from "zod";
import type { ChainHead } from "../ledger/run/chain-head.ts";
import {
  type ChainKind,
  endOf,
  headOf,
  linkShape,
  sealed,
  type Verdict,
  verifyLinks,
} from "./chain.ts";
import type { ChainEnd } from "./chain.ts";
import { reportedName } from "./reported-text.ts";

/**
 * The decisions a person may ask about later. `adopted` is an action found at Defender after its
 * POST's answer was lost; `givenBack` is a sequence that waits again; `ended` is its end, however
 * it came; `refused` is Defender's word; `ranLate` is an action that was given up and has run.
 */
export const AUDIT_EVENTS = [
  "accepted",
  "claimed",
  "submitted",
  "unconfirmed",
  "adopted",
  "givenBack",
  "refused",
  "cancelAsked",
  "cancelSent",
  "ranLate",
  "ended",
  "paused",
  "resumed",
  "evidenceRead",
  "callbacksReplayed",
  "collectAsked",
  "approved",
  "waveEnded",
  "runPaused",
  "runResumed",
] as const;

/** More than one transaction can move (100 rows, Table service). */
const SEQUENCES_MAX = 100;
/** Long enough for a sentence and Defender's own words, short enough for any row. */
const DETAIL_CHARACTERS_MAX = 300;
const NAME_CHARACTERS_MAX = 100;

const factsSchema = z.strictObject({
  at: z.iso.datetime(),
  event: z.enum(AUDIT_EVENTS),
  /** The caller who asked, by the name the settings give it; null is the queue's own doing. */
  by: z.string().nullable(),
  sequences: z
    .array(z.strictObject({ sequenceId: z.string(), machineActionId: z.string().nullable() }))
    .max(SEQUENCES_MAX),
  /** One harmless line for people. */
  detail: z.string(),
});

/**
 * One decision in an append-only log. `chain` names the log: `queue` for what the queue decides, a
 * run's id for what is decided about that run as a whole. Instants are ISO 8601 in UTC.
 */
export const auditRecordSchema = z.strictObject({
  ...linkShape,
  chain: z.string(),
  ...factsSchema.shape,
});

export type AuditRecord = Readonly<z.infer<typeof auditRecordSchema>>;
/** What is known of a decision; the chain adds the rest. */
export type AuditFacts = Readonly<z.infer<typeof factsSchema>>;

/** The log of the queue's own decisions; no run has an id like this. */
export const QUEUE_CHAIN = "queue";

/** The records that follow `head`, in their order, and the head they make. */
export function appendAudit(
  head: ChainHead,
  chain: string,
  facts: readonly AuditFacts[],
): { readonly head: ChainHead; readonly records: readonly AuditRecord[] } {
  const records: AuditRecord[] = [];
  let end = endOf(head);
  for (const each of facts) {
    const record = auditRecordSchema.parse(sealed(end, { chain, ...harmless(each) }));
    records.push(record);
    end = record;
  }
  return { head: end === null ? head : headOf(end), records };
}

/** Recomputes a log from its records as read from JSON; see `verifyLinks` for `expected`. */
export function verifyAudit(
  records: readonly unknown[],
  expected: ChainEnd | null = null,
): Verdict {
  return verifyLinks(AUDIT, records, expected);
}

const AUDIT: ChainKind<AuditRecord> = {
  noun: "record",
  schema: auditRecordSchema,
  chainOf: (record) => record.chain,
  stranger: "belongs to another log",
};

/** Nothing in a log may break its lines, colour a terminal or grow without bound. */
function harmless(facts: AuditFacts): AuditFacts {
  return {
    ...facts,
    by: facts.by === null ? null : reportedName(facts.by, NAME_CHARACTERS_MAX),
    sequences: facts.sequences.map(({ sequenceId, machineActionId }) => ({
      sequenceId,
      machineActionId:
        machineActionId === null ? null : reportedName(machineActionId, NAME_CHARACTERS_MAX),
    })),
    detail: reportedName(facts.detail, DETAIL_CHARACTERS_MAX),
  };
}
