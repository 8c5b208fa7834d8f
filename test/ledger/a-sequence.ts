import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import { NO_DECISIONS } from "../../shared/ledger/sequence/decisions.ts";
import type { Command } from "../../shared/plan/command/command.ts";
import type { SequenceRecord, SequenceResult } from "../../shared/ledger/sequence/sequence.ts";
import { claimOf } from "../../shared/ledger/sequence/claims.ts";
import { commentFor, markOf } from "../../shared/ledger/sequence/mark.ts";
import { parametersOf } from "../../shared/plan/command/command.ts";

export const RUN_ID = "0123456789abcdefghjk";
export const SEQUENCE_ID = `${RUN_ID}.mnpqrstvwxyz`;
export const MACHINE_ID = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/** The instant at which the sequences of these tests were accepted. */
export const START_MS = Date.parse("2026-11-20T10:00:00Z");
export const HOUR_MS = 3_600_000;
/** What nobody knows of a claim before its POST. */
export const A_NONCE = "0123456789abcdef".repeat(2);

/**
 * A sequence just accepted: one part with a PutFile, a RunScript and a GetFile, ready in lane 1; or
 * as told.
 */
export function aSequence(overrides: Partial<SequenceRecord> = {}): SequenceRecord {
  return {
    v: 1,
    sequenceId: SEQUENCE_ID,
    runId: RUN_ID,
    requestedBy: null,
    retry: null,
    machineId: MACHINE_ID,
    machineName: "host-1.example.org",
    machineFacts: null,
    profile: { name: "windows-triage", version: 1, hash: "0".repeat(64) },
    parameters: {},
    approvals: { needed: 0, by: [] },
    wave: null,
    lane: 1,
    pass: 7,
    parts: [
      [
        { type: "PutFile", fileName: "triage.exe" },
        { type: "RunScript", scriptName: "triage.ps1", args: null },
        { type: "GetFile", path: "C:\\triage.zip" },
      ],
    ],
    part: 0,
    attempt: 0,
    attempts: 0,
    claims: [],
    givenUp: [],
    state: "waiting",
    place: { kind: "ready" },
    reason: null,
    libraryHold: null,
    acceptedAtMs: START_MS,
    expiresAtMs: START_MS + 72 * HOUR_MS,
    readyAtMs: null,
    claimedAtMs: null,
    submittedAtMs: null,
    endedAtMs: null,
    actionId: null,
    unmarked: false,
    actionStatus: null,
    unanswered: null,
    offlineTimes: 0,
    busyTimes: 0,
    cancel: null,
    stopped: null,
    outcome: null,
    progress: [],
    results: [],
    late: [],
    impersonations: [],
    decisions: NO_DECISIONS,
    inHistory: false,
    sweep: null,
    ...overrides,
  };
}

/** A sequence whose POST is under way since `START_MS`. */
export function aClaimed(overrides: Partial<SequenceRecord> = {}): SequenceRecord {
  const claimed = { state: "claimed", place: null, attempt: 1, claimedAtMs: START_MS } as const;
  const past = { inHistory: true };
  return aSequence({ ...claimed, ...past, ...overrides });
}

/** A sequence with an action of ours at Defender since `START_MS`. */
export function aSubmitted(overrides: Partial<SequenceRecord> = {}): SequenceRecord {
  const submitted = { state: "submitted", actionId: "action-1", submittedAtMs: START_MS } as const;
  return aClaimed({ ...submitted, ...overrides });
}

/**
 * A sequence whose one part has succeeded, and whose commands each left a result that is owed.
 */
export function anOwing(
  commands: readonly Exclude<Command, { type: "PutFile" }>[],
  overrides: Partial<SequenceRecord> = {},
): SequenceRecord {
  const submitted = aSubmitted(overrides);
  return {
    ...submitted,
    state: "succeeded",
    endedAtMs: START_MS + 50_000,
    actionStatus: "Succeeded",
    parts: [[...commands]],
    progress: commands.map(({ type }, index) => ({
      part: 0,
      index,
      type,
      status: "Completed",
      startedAtMs: START_MS + 10_000,
      endedAtMs: START_MS + 20_000,
      errors: [],
    })),
    results: commands.map(({ type }, index) =>
      aResult({ index, type, actionId: submitted.actionId ?? "" }),
    ),
  };
}

/** A result of a RunScript that is owed and has not been tried for; or as told. */
export function aResult(overrides: Partial<SequenceResult> = {}): SequenceResult {
  return {
    part: 0,
    index: 1,
    type: "RunScript",
    actionId: "action-1",
    state: "owed",
    tries: 0,
    detail: null,
    dueAtMs: null,
    absentSinceMs: null,
    again: false,
    path: null,
    servedName: null,
    size: null,
    sha256: null,
    content: null,
    script: null,
    rows: null,
    ...overrides,
  };
}

/**
 * How a command of an action reads: untouched, running, done (a GetFile may lack its start),
 * failed.
 */
export type CommandReads = "created" | "running" | "completed" | "completedWithoutStart" | "failed";

/**
 * The action of a sequence as Defender may describe it; `commands` in their order, all untouched
 * unless told.
 */
export function anActionOf(
  record: SequenceRecord,
  status: string,
  commands: readonly CommandReads[] = ["created", "created", "created"],
): MachineAction {
  return {
    id: record.actionId ?? "action-1",
    status,
    comment: commentFor(markOf(record), claimOf(record, record)?.nonce ?? null, "for people"),
    requestor: "lrq",
    machineId: record.machineId,
    createdAtMs: START_MS,
    updatedAtMs: START_MS,
    commands: commands.map((reads, index) => ({
      index,
      ...listedOf(record.parts[record.part]?.[index]),
      ...COMMANDS[reads],
    })),
  };
}

function listedOf(command: Command | undefined) {
  if (command === undefined) return { type: null, parameters: null };
  return { type: command.type, parameters: parametersOf(command) };
}

const CREATED = { status: "Created", startedAtMs: null, endedAtMs: null, errors: [] };
const STARTED = { startedAtMs: START_MS + 1_000, endedAtMs: START_MS + 2_000, errors: [] };
const COMMANDS = {
  created: CREATED,
  running: { ...CREATED, startedAtMs: START_MS + 1_000 },
  completed: { ...STARTED, status: "Completed" },
  completedWithoutStart: { ...STARTED, status: "Completed", startedAtMs: null },
  failed: { ...STARTED, status: "Failed", errors: ["no such file", "gave up"] },
} as const satisfies Record<CommandReads, object>;
