import { castFor, type CastMember } from "../../../local/demo/cast.ts";
import type { CommandAnswer, RunAnswer, SequenceAnswer } from "../../../local/run-answer.ts";

/** The demo's cast, as the tests here know it. */
export const cast = castFor(7);
/** When everything in these tests was accepted, epoch milliseconds. */
export const ACCEPTED_AT_MS = Date.UTC(2026, 10, 20, 10);

/** An instant so many milliseconds after the acceptance. */
export function after(ms: number): string {
  return new Date(ACCEPTED_AT_MS + ms).toISOString();
}

/** A machine of the cast by its name. Throws if there is none. */
export function member(name: string): CastMember {
  const found = cast.members.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the cast has no ${name}`);
  return found;
}

/** A command that nobody has begun. */
export function aCommand(
  index: number,
  type: CommandAnswer["type"],
  over: Partial<CommandAnswer> = {},
): CommandAnswer {
  const target = { PutFile: "tools.zip", RunScript: "Collect.ps1 -Days 7", GetFile: "C:\\out.zip" };
  const status = "Created";
  const idle = { startedAt: null, endedAt: null, errors: [], result: null };
  return { index, type, target: target[type], status, ...idle, ...over };
}

/** A command that ran from one second to another after the acceptance. */
export function ranFor(fromMs: number, untilMs: number): Partial<CommandAnswer> {
  return { status: "Completed", startedAt: after(fromMs), endedAt: after(untilMs) };
}

/** A stored result of these bytes. */
export function stored(size: number, sha256: string, exitCode: number | null = null) {
  return { state: "stored", detail: null, size, sha256, servedName: null, exitCode } as const;
}

/** A sequence of a machine that waits. */
export function aSequence(
  { name, machineId }: CastMember,
  over: Partial<SequenceAnswer> = {},
): SequenceAnswer {
  return {
    sequenceId: `run.${name}`,
    machineId,
    machineName: null,
    state: "waiting",
    machineActionStatus: null,
    acceptedAt: after(0),
    submittedAt: null,
    endedAt: null,
    outcome: null,
    waits: null,
    commands: [aCommand(0, "PutFile"), aCommand(1, "RunScript"), aCommand(2, "GetFile")],
    ...over,
  };
}

/** A run of these sequences. */
export function aRun(
  sequences: readonly SequenceAnswer[],
  over: Partial<RunAnswer> = {},
): RunAnswer {
  return {
    runId: "run",
    state: "running",
    source: "sentinel",
    sequences: [...sequences],
    skipped: [],
    ...over,
  };
}
