import { doneTwice } from "../../ledger/sequence/done-twice.ts";
import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { isTerminal, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Command } from "../../plan/command/command.ts";
import { describeUnseen, describeWait, type Queue } from "./describe-wait.ts";
import { scriptFailed } from "../../ledger/sequence/progress.ts";
import { nextStepFor } from "./next-step.ts";
import type { CommandView, ResultView, SequenceView } from "./run-view.ts";

/** What of its run is to be known, and who reads it. */
interface Describing {
  readonly run: Pick<RunRecord, "requestedBy" | "cancelAsked">;
  readonly seesOutput: boolean;
  /** The sequence that runs it again. */
  readonly retriedBy?: string | null;
}

/** A sequence of a run for a caller, who may see what its scripts wrote or not. */
export function describeSequence(
  record: SequenceRecord,
  queue: Queue,
  { run, seesOutput, retriedBy = null }: Describing,
): SequenceView {
  const { name, version } = record.profile;
  const waits =
    record.state === "waiting" ? describeWait(record, queue) : describeUnseen(record, queue);
  const scripts = scriptsOf(record);
  return {
    sequenceId: record.sequenceId,
    requestedBy: record.requestedBy ?? run.requestedBy,
    retryOf: record.retry?.of ?? null,
    retriedBy,
    machineId: record.machineId,
    machineName: record.machineName,
    machineFacts: describeFacts(record),
    profile: { name, version },
    parameters: record.parameters,
    state: record.state,
    machineActionId: record.actionId,
    machineActionStatus: record.actionStatus,
    scripts,
    doneTwice: doneTwice(record),
    lateActions: record.late.map(({ actionId, status, ran }) => ({
      machineActionId: actionId,
      status,
      ran,
    })),
    impersonations: record.impersonations.map(({ actionId, seenAtMs, ...said }) => ({
      machineActionId: actionId,
      machineId: said.machineId,
      requestor: said.requestor,
      why: said.why,
      seenAt: isoOf(seenAtMs),
    })),
    acceptedAt: isoOf(record.acceptedAtMs),
    submittedAt: isoOrNull(record.submittedAtMs),
    endedAt: isoOrNull(record.endedAtMs),
    outcome: record.outcome,
    cancel: describeCancel(record, run.cancelAsked),
    waits,
    // Whoever ran it again has taken the step.
    nextStep: retriedBy === null ? nextStepFor(record, { waits, scripts }) : null,
    commands: describeCommands(record, seesOutput),
  };
}

function describeFacts({ machineFacts }: SequenceRecord): SequenceView["machineFacts"] {
  if (machineFacts === null) return null;
  const { platform, tags, group, health = null, atMs = null } = machineFacts;
  return { platform, tags, group, health, askedAt: isoOrNull(atMs) };
}

/** The run's cancel did not change sequences that had already ended; only the run knows of it. */
function describeCancel(
  record: SequenceRecord,
  cancelAsked: RunRecord["cancelAsked"],
): SequenceView["cancel"] {
  const own = record.cancel?.why === "asked" ? record.cancel : null;
  const late = isTerminal(record) && (record.endedAtMs ?? 0) <= (cancelAsked?.atMs ?? 0);
  const asked = own ?? (late ? cancelAsked : null);
  if (asked === null) return null;
  const tooLate = isTerminal(record) && record.state !== "cancelled";
  return { by: asked.by, at: isoOf(asked.atMs), tooLate };
}

/**
 * One failed script is enough, by its own word or by Defender's; one that cannot be read leaves it
 * open.
 */
export function scriptsOf(
  record: Pick<SequenceRecord, "results" | "progress">,
): SequenceView["scripts"] {
  const isFailed = record.progress.some(
    ({ type, status }) => type === "RunScript" && status === "Failed",
  );
  if (isFailed) return "failed";
  const verdicts = record.results
    .filter((each) => each.type === "RunScript" && each.state === "stored")
    .map(scriptFailed);
  if (verdicts.length === 0) return null;
  if (verdicts.includes(true)) return "failed";
  return verdicts.includes(null) ? "unknown" : "ok";
}

function describeCommands(record: SequenceRecord, seesOutput: boolean): CommandView[] {
  let index = -1;
  return record.parts.flatMap((commands, part) =>
    commands.map((command, inPart) => {
      index += 1;
      const at = (each: { part: number; index: number }) =>
        each.part === part && each.index === inPart;
      const progress = record.progress.find(at);
      const result = record.results.find(at);
      return {
        index,
        type: command.type,
        target: targetOf(command),
        status: progress?.status ?? "Created",
        startedAt: isoOrNull(progress?.startedAtMs ?? null),
        endedAt: isoOrNull(progress?.endedAtMs ?? null),
        errors: progress?.errors ?? [],
        result: result === undefined ? null : describeResult(result, seesOutput),
      };
    }),
  );
}

function describeResult(
  result: SequenceRecord["results"][number],
  seesOutput: boolean,
): ResultView {
  const { state, detail, tries, dueAtMs, size, sha256, servedName, path, script, rows } = result;
  return {
    state,
    detail,
    tries,
    nextTryAt: isoOrNull(state === "owed" ? dueAtMs : null),
    size,
    sha256,
    servedName,
    path,
    scriptFailed: scriptFailed(result),
    exitCode: script?.exitCode ?? null,
    output: seesOutput ? (script?.output ?? null) : null,
    scriptErrors: seesOutput ? (script?.errors ?? null) : null,
    rows: rows === null ? null : countsOf(rows),
  };
}

function countsOf({
  count,
  wrong,
  cut,
  trouble,
}: NonNullable<SequenceRecord["results"][number]["rows"]>): ResultView["rows"] {
  return { count, wrong, cut, trouble };
}

/** The object of a command, in words for a person. */
function targetOf(command: Command): string {
  switch (command.type) {
    case "PutFile":
      return command.fileName;
    case "RunScript":
      return command.args === null ? command.scriptName : `${command.scriptName} ${command.args}`;
    case "GetFile":
      return command.path;
  }
}
