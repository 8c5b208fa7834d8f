import { withActionOf } from "./claims.ts";
import type { MachineAction } from "./machine-action.ts";
import {
  currentCommands,
  type CommandProgress,
  type SequenceRecord,
  type SequenceResult,
} from "./sequence.ts";

/** The record with what Defender says of our action: its status, and how far its commands got. */
export function observe(record: SequenceRecord, action: MachineAction): SequenceRecord {
  return {
    ...record,
    claims: withActionOf(record.claims, record, action.id),
    actionStatus: action.status,
    progress: [
      ...record.progress.filter((each) => each.part !== record.part),
      ...progressOf(record, action),
    ],
  };
}

/** How far the commands of the present part got, in their order. */
export function progressOf(record: SequenceRecord, action: MachineAction): CommandProgress[] {
  return currentCommands(record).map((command, index) => {
    const seen = action.commands.find((each) => each.index === index);
    // An action can succeed while its commands are not listed yet, or still say Created (both
    // seen). Then they completed, and have results to fetch.
    const succeeded = action.status === "Succeeded" && seen?.status !== "Failed";
    return {
      part: record.part,
      index,
      type: command.type,
      status: succeeded ? "Completed" : (seen?.status ?? "Created"),
      startedAtMs: seen?.startedAtMs ?? null,
      endedAtMs: seen?.endedAtMs ?? null,
      errors: [...(seen?.errors ?? [])],
    };
  });
}

/**
 * True if it is proved that nothing ran: Defender lists no start time, no end time and no end for
 * any command. It lists some ends without a start (seen), so a missing start alone proves nothing.
 * Commands that may have run are not repeated.
 */
export function isUntouched(record: SequenceRecord, action: MachineAction): boolean {
  return currentCommands(record).every((_, index) => {
    const seen = action.commands.find((each) => each.index === index);
    if (seen === undefined || seen.startedAtMs !== null || seen.endedAtMs !== null) return false;
    return seen.status !== "Completed" && seen.status !== "Failed";
  });
}

/**
 * A cancel can come too late: if every command completed, it is done, whatever the action's status
 * says.
 */
export function allCompleted(record: SequenceRecord, action: MachineAction): boolean {
  const listed = currentCommands(record).map((_, index) =>
    action.commands.find((each) => each.index === index),
  );
  return listed.every((each) => each?.status === "Completed" && each.endedAtMs !== null);
}

/**
 * Whether a script failed by its own result: with another exit code than 0, or with any text in its
 * error output, it failed, even if Defender's action succeeded. Null if it is no script, or nothing
 * is known.
 */
export function scriptFailed({ script }: Pick<SequenceResult, "script">): boolean | null {
  if (script === null) return null;
  if (script.exitCode === null && script.errors.trim() === "") return null;
  return (script.exitCode ?? 0) !== 0 || script.errors.trim() !== "";
}

/**
 * The results of the record, with those of this action, which are now owed. Only commands that ran
 * have results. PutFile has none even then (API page: "Doesn't have a response result").
 */
export function withOwed(record: SequenceRecord, action: MachineAction): SequenceResult[] {
  const owed = progressOf(record, action)
    .filter((each) => each.type !== "PutFile" && each.status !== "Created")
    .map((each) => ({
      part: each.part,
      index: each.index,
      type: each.type,
      actionId: action.id,
      state: "owed" as const,
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
    }));
  return [...record.results, ...owed];
}
