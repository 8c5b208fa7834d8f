import { fit, type Line } from "../../columns.ts";
import { elapsedMs, type Progress, progressOf } from "../../progress.ts";
import { openScreen } from "../../screen.ts";
import { isOpen, machineOf, type Run, type Sequence } from "../app/run.ts";
import { type Around, harmless } from "../command/around.ts";
import { plain } from "../command/table.ts";
import { countWords } from "./count-words.ts";
import { OFFLINE_AFTER_MS } from "./offline.ts";

/** Shows how a run goes on. */
export interface WatchView {
  readonly show: (run: Run) => void;
  /** lrq does not answer just now; `why` is a sentence. */
  readonly lost: (why: string) => void;
  readonly close: () => void;
}

/** A change of one machine, as `lrq watch --json` says it. */
interface Change {
  readonly at: string;
  readonly runId: string;
  readonly sequenceId: string;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly state: Sequence["state"];
  readonly waits: Sequence["waits"];
  readonly outcome: Sequence["outcome"];
}

const MACHINE_COLUMNS = 24;
const WORD_COLUMNS = 11;
const ELAPSED_COLUMNS = 7;
/** Of a terminal that does not say. */
const ROWS = 24;
/** Title, counts, a blank line, and the line about the machines that are not shown. */
const ROWS_AROUND = 5;

/** Redraws in place on a terminal; elsewhere it says a line for each change. */
export function viewFor(json: boolean, around: Around): WatchView {
  if (json)
    return changeView(around, (sequence, runId) =>
      around.sayJson(changeOf(sequence, runId, around)),
    );
  if (around.terminal === null)
    return changeView(around, (sequence) => lineChange(sequence, around));
  const screen = openScreen(around.terminal, around.coloured);
  let last: Line[] = [];
  return {
    show: (run) => {
      last = frameOf(run, { nowMs: around.nowMs(), rows: around.terminal?.rows || ROWS });
      screen.draw(last);
    },
    lost: (why) => screen.draw(harmlessAll([...last, [{ tone: "bad", text: why }]])),
    close: screen.close,
  };
}

function changeView(
  { nowMs, note }: Around,
  tell: (sequence: Sequence, runId: string) => void,
): WatchView {
  const told = new Map<string, string>();
  let isLost = false;
  return {
    show: ({ runId, sequences }) => {
      isLost = false;
      for (const sequence of sequences) {
        const { word, detail } = progressOf(sequence, nowMs(), OFFLINE_AFTER_MS);
        const saying = `${word} ${detail}`;
        if (told.get(sequence.sequenceId) === saying) continue;
        told.set(sequence.sequenceId, saying);
        tell(sequence, runId);
      }
    },
    lost: (why) => {
      if (!isLost) note(`${why} It is asked again.`);
      isLost = true;
    },
    close: () => undefined,
  };
}

function lineChange(sequence: Sequence, { nowMs, say }: Around): void {
  const { word, detail } = progressOf(sequence, nowMs(), OFFLINE_AFTER_MS);
  const at = new Date(nowMs()).toISOString().slice(11, 19);
  say(
    `${at}Z  ${fit(machineOf(sequence), MACHINE_COLUMNS)}  ${fit(word, WORD_COLUMNS)}  ${detail}`,
  );
}

function changeOf(sequence: Sequence, runId: string, { nowMs }: Around): Change {
  const { sequenceId, machineId, machineName, state, waits, outcome } = sequence;
  const at = new Date(nowMs()).toISOString();
  return { at, runId, sequenceId, machineId, machineName, state, waits, outcome };
}

/** What a terminal shows: if it has no room for all machines, those that are not over go first. */
function frameOf(run: Run, { nowMs, rows }: { readonly nowMs: number; readonly rows: number }) {
  const room = Math.max(1, rows - ROWS_AROUND);
  const order = run.sequences.length <= room ? run.sequences : run.sequences.toSorted(openFirst);
  const left = run.sequences.length - room;
  const title = `${run.source}:${run.incidentId}  ${run.title}`;
  return harmlessAll([
    [{ tone: "strong", text: title }],
    [plain(`${run.runId}  ${run.state}  ${countWords(run.counts)}`)],
    [],
    ...order.slice(0, room).map((each) => machineLine(each, nowMs)),
    ...(left > 0 ? [[{ tone: "faint", text: `and ${left} more` } as const]] : []),
  ]);
}

function openFirst(one: Sequence, other: Sequence): number {
  return Number(isOpen(other)) - Number(isOpen(one));
}

function machineLine(sequence: Sequence, nowMs: number): Line {
  const progress = progressOf(sequence, nowMs, OFFLINE_AFTER_MS);
  const seconds = Math.ceil(elapsedMs(sequence, nowMs) / 1_000);
  return [
    plain(`${fit(machineOf(sequence), MACHINE_COLUMNS)}  `),
    { tone: progress.tone, text: fit(progress.word, WORD_COLUMNS) },
    { tone: "faint", text: `${fit(`${seconds} s`, ELAPSED_COLUMNS, "end")}  ` },
    plain(detailOf(progress, nowMs)),
  ];
}

function detailOf({ detail, dueAtMs }: Progress, nowMs: number): string {
  if (dueAtMs === null) return detail;
  const seconds = Math.ceil((dueAtMs - nowMs) / 1_000);
  return `${detail}, tried again ${seconds <= 0 ? "now" : `in ${seconds} s`}`;
}

function harmlessAll(lines: readonly Line[]): Line[] {
  return lines.map(harmless);
}
