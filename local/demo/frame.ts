import { fit, type Line } from "../columns.ts";
import type { CastMember } from "./cast.ts";
import { elapsedMs, progressOf, type Progress } from "../progress.ts";
import type { RunAnswer, SequenceAnswer, StatusAnswer } from "../run-answer.ts";

/** All that is known of the demo's runs at one moment. */
export interface Moment {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly runs: readonly { readonly title: string; readonly run: RunAnswer }[];
  readonly status: StatusAnswer;
}

/** What stays the same from moment to moment. */
export interface Stage {
  readonly members: readonly CastMember[];
  /** How many times faster than life the tenant runs. */
  readonly speed: number;
  /** A machine Pending for longer than this is called offline. */
  readonly offlineAfterMs: number;
}

const NAME_COLUMNS = 10;
const PLATFORM_COLUMNS = 13;
const WORD_COLUMNS = 11;
const ELAPSED_COLUMNS = 5;

/** The block that a terminal shows: each run with its machines, then the tenant's budget. */
export function frameOf({ runs, status, nowMs, startedAtMs }: Moment, stage: Stage): Line[] {
  const blocks = runs.flatMap(({ title, run }): Line[] => [
    [{ tone: "strong", text: title }],
    ...run.sequences.map((sequence) => machineLine(sequence, stage, nowMs)),
    [],
  ]);
  const clock = { tone: "faint", text: `   ${seconds(nowMs - startedAtMs)}` } as const;
  return [...blocks, [...budgetLine(status, stage.speed), clock]];
}

/** What a log shows: one line for each machine whose word or reason is not the one told before. */
export function changesOf(
  before: ReadonlyMap<string, string>,
  { runs, nowMs, startedAtMs }: Moment,
  stage: Stage,
): { readonly lines: readonly Line[]; readonly shown: ReadonlyMap<string, string> } {
  const shown = new Map(before);
  const lines: Line[] = [];
  for (const sequence of runs.flatMap(({ run }) => run.sequences)) {
    const progress = progressOf(sequence, nowMs, stage.offlineAfterMs);
    const saying = `${progress.word} ${progress.detail}`;
    if (shown.get(sequence.sequenceId) === saying) continue;
    shown.set(sequence.sequenceId, saying);
    const at = fit(seconds(nowMs - startedAtMs), ELAPSED_COLUMNS, "end");
    lines.push([
      { tone: "faint", text: `${at}  ` },
      ...stateLine(sequence, stage, progress),
      ...detailOf(progress, nowMs),
    ]);
  }
  return { lines, shown };
}

/** The short name of a machine: the demo's own, or else what Defender calls it. */
export function nameOf(
  { machineId, machineName }: Pick<SequenceAnswer, "machineId" | "machineName">,
  members: readonly CastMember[],
): string {
  const member = members.find((each) => each.machineId === machineId);
  return member?.name ?? machineName?.split(".")[0] ?? machineId.slice(0, 8);
}

function machineLine(sequence: SequenceAnswer, stage: Stage, nowMs: number): Line {
  const progress = progressOf(sequence, nowMs, stage.offlineAfterMs);
  const elapsed = fit(seconds(elapsedMs(sequence, nowMs)), ELAPSED_COLUMNS, "end");
  return [
    { tone: "plain", text: "  " },
    ...stateLine(sequence, stage, progress),
    { tone: "faint", text: `${elapsed}  ` },
    ...detailOf(progress, nowMs),
  ];
}

function stateLine(sequence: SequenceAnswer, { members }: Stage, progress: Progress): Line {
  const platform = members.find(({ machineId }) => machineId === sequence.machineId)?.platform;
  return [
    { tone: "plain", text: fit(nameOf(sequence, members), NAME_COLUMNS) },
    { tone: "faint", text: fit(platform ?? "", PLATFORM_COLUMNS) },
    { tone: progress.tone, text: fit(progress.word, WORD_COLUMNS) },
  ];
}

function detailOf({ detail, dueAtMs }: Progress, nowMs: number): Line {
  if (dueAtMs === null) return [{ tone: "plain", text: detail }];
  const again = dueAtMs <= nowMs ? "now" : `in ${seconds(dueAtMs - nowMs)}`;
  return [{ tone: "plain", text: `${detail}, tried again ${again}` }];
}

function budgetLine({ calls, sessions }: StatusAnswer, speed: number): Line {
  const window = `${calls.windowSeconds} s (a minute, ${speed} times faster than real time)`;
  const open = sessions.ours + sessions.foreign;
  return [
    { tone: "strong", text: "Budget" },
    { tone: "plain", text: `    ${open} of ${sessions.cap} sessions` },
    { tone: "plain", text: `   ${calls.used} of ${calls.limit} calls in ${window}` },
  ];
}

/** Whole seconds, rounded up, as people read them. */
export function seconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1_000))} s`;
}
