import { createHash } from "node:crypto";
import { z } from "zod";
import { isoOf, isoOrNull } from "../ledger/row/instant.ts";
import { type ChainHead, FIRST_HEAD, type QueueHead } from "../ledger/run/chain-head.ts";
import type { RunRecord } from "../ledger/run/run.ts";
import { areLinked } from "../ledger/sequence/decisions.ts";
import { nextSeal } from "../ledger/run/seal.ts";
import {
  SEQUENCE_STATES,
  type CommandProgress,
  type SequenceRecord,
  type SequenceResult,
} from "../ledger/sequence/sequence.ts";
import { canonicalJson } from "../plan/canonical-json.ts";
import { COMMAND_ORDER, type Command } from "../plan/command/command.ts";
import { hashSchema } from "./chain.ts";
import { reportedName } from "./reported-text.ts";

/** File systems allow names of 255 characters; a sentence needs no more either. */
const CHARACTERS_MAX = 255;
/** Of Defender's words about one command; the first words are enough. */
const ERRORS_MAX = 3;

const instant = z.iso.datetime();
const count = z.int().nonnegative();
const headSchema = z.strictObject({ count, head: z.string().regex(/^[0-9a-f]{64}$/) });
const profileSchema = z.strictObject({ name: z.string(), version: count, hash: z.string() });

const commandSchema = z.strictObject({
  part: count,
  index: count,
  type: z.enum(COMMAND_ORDER),
  /** The file, script or path. */
  target: z.string(),
  /** Defender's word for it; `Created` if it did not begin. */
  status: z.string(),
  errors: z.array(z.string()),
  /** The state of its result; null for a command without one. */
  result: z
    .strictObject({
      state: z.enum(["owed", "stored", "unavailable"]),
      storedAs: z.string().nullable(),
      size: count.nullable(),
      sha256: hashSchema.nullable(),
      detail: z.string().nullable(),
    })
    .nullable(),
});

const sequenceSchema = z.strictObject({
  sequenceId: z.string(),
  /** Who asked for it; statements of version 1 do not say it. */
  requestedBy: z.string().optional(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  profile: profileSchema,
  state: z.enum(SEQUENCE_STATES),
  /** Why it ended so, if that needs a reason. */
  outcome: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
  /** Who or what ended it early. */
  cancel: z.strictObject({ by: z.string(), why: z.string(), at: instant }).nullable(),
  approvedBy: z.array(z.string()),
  acceptedAt: instant,
  submittedAt: instant.nullable(),
  endedAt: instant.nullable(),
  /** Its last action at Defender. */
  machineActionId: z.string().nullable(),
  /**
   * The chain of the queue's decisions about it; null if an older version of the app worked on it,
   * too. Statements of version 1 and 2 do not say it.
   */
  decisions: headSchema.nullable().optional(),
  commands: z.array(commandSchema),
});

/**
 * All that was asked for in a run, and what became of each part, as one document. Instants are ISO
 * 8601 in UTC. Its hash is the SHA-256 of its canonical JSON.
 */
export const statementSchema = z.strictObject({
  v: z.literal([1, 2, 3]),
  runId: z.string(),
  /**
   * The number of this seal of the run, from 1, and the hash of the seal before, 64 zeros for the
   * first; null for the present state of a run, which is not sealed.
   */
  seal: z.strictObject({ number: z.int().positive(), previous: hashSchema }).nullable(),
  /** When this was written. */
  at: instant,
  finishedAt: instant.nullable(),
  source: z.string(),
  incidentId: z.string(),
  requestedBy: z.string(),
  requestedAt: instant,
  /** How many sequences the run has; all of them are below, unless one cannot be read. */
  accepted: count,
  custody: headSchema,
  audit: headSchema,
  /** The end of the queue's own log at that time; null if it could not be read. */
  queue: headSchema.nullable(),
  profiles: z.array(profileSchema),
  sequences: z.array(sequenceSchema),
  skipped: z.array(z.strictObject({ machine: z.string(), reason: z.string() })),
});
export type Statement = Readonly<z.infer<typeof statementSchema>>;

/** What a statement is made of. */
export interface Stated {
  readonly run: RunRecord;
  /** All sequences of the run that can be read. */
  readonly records: readonly SequenceRecord[];
  readonly queue: QueueHead | null;
  readonly atMs: number;
}

/** The statement of the present run, as its next seal or without a seal. */
export function statementOf(stated: Stated, as: "seal" | "unsealed"): Statement {
  const { run, records, queue, atMs } = stated;
  const previous = run.seal?.hash ?? FIRST_HEAD.head;
  return statementSchema.parse({
    v: 3,
    runId: run.runId,
    seal: as === "seal" ? { number: nextSeal(run), previous } : null,
    at: isoOf(atMs),
    finishedAt: isoOrNull(run.finishedAtMs),
    source: run.source,
    incidentId: run.incidentId,
    requestedBy: run.requestedBy,
    requestedAt: isoOf(run.requestedAtMs),
    accepted: run.accepted,
    custody: headOnly(run.custody),
    audit: headOnly(run.audit),
    queue: queue === null ? null : headOnly(queue),
    profiles: profilesOf(records),
    sequences: records.map((each) => sequenceOf(run, each, queue)),
    skipped: run.skipped.map(({ machine, reason }) => ({
      machine: short(machine),
      reason: short(reason),
    })),
  } satisfies Statement);
}

/** The one text of a statement, and the hash of the text. */
export function statementText(statement: Statement): {
  readonly text: string;
  readonly hash: string;
} {
  const text = canonicalJson(statement);
  return { text, hash: createHash("sha256").update(text).digest("hex") };
}

/** Another version of the app may have written more fields into the row. */
function headOnly({ count: number, head }: ChainHead): ChainHead {
  return { count: number, head };
}

/** Each profile that was used, once, sorted by name. */
function profilesOf(records: readonly SequenceRecord[]): Statement["profiles"] {
  const all = new Map(
    records.map(({ profile: { name, version, hash } }) => [
      `${name} ${version} ${hash}`,
      { name, version, hash },
    ]),
  );
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, profile]) => profile);
}

function sequenceOf(
  run: Pick<RunRecord, "requestedBy">,
  record: SequenceRecord,
  queue: QueueHead | null,
): Statement["sequences"][number] {
  const { profile, outcome, cancel } = record;
  return {
    sequenceId: record.sequenceId,
    requestedBy: record.requestedBy ?? run.requestedBy,
    machineId: record.machineId,
    machineName: shortOrNull(record.machineName),
    profile: { name: profile.name, version: profile.version, hash: profile.hash },
    state: record.state,
    outcome: outcome === null ? null : { code: outcome.code, detail: short(outcome.detail) },
    cancel: cancel === null ? null : { by: cancel.by, why: cancel.why, at: isoOf(cancel.atMs) },
    approvedBy: [...record.approvals.by],
    acceptedAt: isoOf(record.acceptedAtMs),
    submittedAt: isoOrNull(record.submittedAtMs),
    endedAt: isoOrNull(record.endedAtMs),
    machineActionId: shortOrNull(record.actionId),
    decisions: decisionsOf(record, queue),
    commands: record.parts.flatMap((commands, part) =>
      commands.map((command, index) => commandOf(record, { command, part, index })),
    ),
  };
}

/** What is only said if it is complete. */
function decisionsOf(record: SequenceRecord, queue: QueueHead | null): ChainHead | null {
  const { decisions } = record;
  const isComplete = decisions !== null && areLinked(record, queue?.linkedFrom ?? null);
  return isComplete ? headOnly(decisions) : null;
}

function commandOf(
  { progress, results }: SequenceRecord,
  { command, part, index }: { command: Command; part: number; index: number },
): Statement["sequences"][number]["commands"][number] {
  const isIt = (each: CommandProgress | SequenceResult) =>
    each.part === part && each.index === index;
  const { status = "Created", errors = [] } = progress.find(isIt) ?? {};
  const result = results.find(isIt);
  return {
    part,
    index,
    type: command.type,
    target: targetOf(command),
    status: short(status),
    errors: errors.slice(0, ERRORS_MAX).map(short),
    result: result === undefined ? null : resultOf(result),
  };
}

function resultOf({ state, path, size, sha256, detail }: SequenceResult) {
  return { state, storedAs: path, size, sha256, detail: shortOrNull(detail) };
}

/** As in the custody entry. */
function targetOf(command: Command): string {
  switch (command.type) {
    case "PutFile":
      return command.fileName;
    case "RunScript":
      return command.scriptName;
    case "GetFile":
      return command.path;
  }
}

function short(text: string): string {
  return reportedName(text, CHARACTERS_MAX);
}

function shortOrNull(text: string | null): string | null {
  return text === null ? null : short(text);
}
