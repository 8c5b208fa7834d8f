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
 * The decisions that a person may ask about later. `retried`: a sequence that had ended is run
 * again by another one. `adopted`: an action was found at Defender after the answer to its POST was
 * lost. `givenBack`: a sequence waits again. `ended`: it ended, in any way. `refused`: Defender
 * refused it. `ranLate`: an action that was given up has run. `impersonation`: somebody else's
 * action has a mark of the sequence. `libraryDrift`: a library file is not as pinned any more.
 * `libraryChanged`: one was changed while the sequence ran. Those about a sweep and its rounds are
 * in a log of the sweep; `roundClosed`: the round sends nothing more.
 */
export const AUDIT_EVENTS = [
  "accepted",
  "retried",
  "claimed",
  "submitted",
  "unconfirmed",
  "adopted",
  "givenBack",
  "refused",
  "cancelAsked",
  "cancelSent",
  "ranLate",
  "impersonation",
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
  "libraryDrift",
  "libraryMended",
  "libraryChanged",
  "sweepApplied",
  "sweepDeleted",
  "sweepPaused",
  "sweepResumed",
  "roundStarted",
  "roundSkipped",
  "roundPaused",
  "roundResumed",
  "roundClosed",
  "roundRerun",
  "roundEnded",
] as const;

/** More than one transaction can move (100 rows, Table service). */
const SEQUENCES_MAX = 100;
/** Enough for a sentence and Defender's own words, and small enough for any row. */
const DETAIL_CHARACTERS_MAX = 300;
const NAME_CHARACTERS_MAX = 100;

const factsSchema = z.strictObject({
  at: z.iso.datetime(),
  event: z.enum(AUDIT_EVENTS),
  /** The caller who asked, by its name in the settings; null if lrq did it by itself. */
  by: z.string().nullable(),
  sequences: z
    .array(z.strictObject({ sequenceId: z.string(), machineActionId: z.string().nullable() }))
    .max(SEQUENCES_MAX),
  /** One line for people, without control characters. */
  detail: z.string(),
});

/**
 * One decision in an append-only log. `chain` names the log: `queue` for decisions of the queue, a
 * run's id for decisions about that run as a whole. Instants are ISO 8601 in UTC.
 */
export const auditRecordSchema = z.strictObject({
  ...linkShape,
  chain: z.string(),
  ...factsSchema.shape,
});

export type AuditRecord = Readonly<z.infer<typeof auditRecordSchema>>;
/** What is known of a decision; the chain adds the rest. */
export type AuditFacts = Readonly<z.infer<typeof factsSchema>>;

/** The log of the queue's own decisions; no run has this id. */
export const QUEUE_CHAIN = "queue";

/** The records after `head`, in their order, and the new head. */
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

/**
 * Verifies a log by computing it again from its records as read from JSON; see `verifyLinks` for
 * `expected`.
 */
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

/** Text in a log may not break its lines, colour a terminal or grow without a bound. */
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
