import type { Caller } from "../../access/caller.ts";
import { reachInto } from "../../access/reach.ts";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { withoutFamily } from "../../ledger/row/key-range.ts";
import { historyOf, sequenceIdIn } from "../../ledger/row/keys.ts";
import { newestFirst } from "../../ledger/row/padded.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { loadReadableBudget, loadRun, readableSequence } from "../../store/load.ts";
import { describeSequence } from "./describe-sequence.ts";
import type { Queue } from "./describe-wait.ts";
import {
  machinesMeant,
  placeInHistory,
  readWaitingLine,
  type WaitingLine,
} from "./find-machine.ts";
import type { SequenceView } from "./run-view.ts";

/** What was sent to a machine, and what waits for it, the newest first. */
export interface MachineView {
  readonly machine: { readonly machineId: string; readonly machineName: string | null };
  readonly sequences: readonly MachineSequenceView[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

type Shown = "sequenceId" | "requestedBy" | "profile" | "state" | "acceptedAt" | "submittedAt";
type MachineSequenceView = Pick<SequenceView, Shown | "endedAt" | "outcome" | "waits"> &
  Pick<SequenceView, "nextStep"> &
  Pick<RunRecord, "runId" | "source" | "incidentId" | "title">;

export type MachineFound =
  | { readonly kind: "machine"; readonly view: MachineView }
  /** The name fits these machines. */
  | { readonly kind: "ambiguous"; readonly machineIds: readonly string[] }
  | { readonly kind: "unknown" | "badCursor" };

/** Each costs the read of its record. */
const SEQUENCES_PER_PAGE = 50;

interface Asked {
  readonly idOrName: string;
  /** Accepted at or after this instant. */
  readonly sinceMs?: number | null;
  readonly cursor: string | null;
}

/**
 * A page of what a machine was sent, by its id or name; what waits for it is on the first. Only
 * sequences that the caller's rights reach are there, and a machine with none of them is unknown.
 */
export async function describeMachine(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  limits: Limits,
  caller: Caller,
  { idOrName, sinceMs = null, cursor }: Asked,
): Promise<MachineFound> {
  const after = cursor === null ? null : readCursor(placeInHistory, cursor);
  if (cursor !== null && after === null) return { kind: "badCursor" };
  const [line, budget] = await Promise.all([readWaitingLine(ledger), loadReadableBudget(ledger)]);
  const { positions } = line;
  const nowMs = clock.earliest();
  const queue: Queue = { positions, budget: budget?.value ?? null, nowMs, limits };
  const views: MachineView[] = [];
  for (const machineId of await machinesMeant(ledger, idOrName, line)) {
    const view = await viewOf({ ledger, caller, line, queue }, machineId, { after, sinceMs });
    if (view !== null) views.push(view);
  }
  const [view] = views;
  if (view === undefined) return { kind: "unknown" };
  if (views.length === 1) return { kind: "machine", view };
  return { kind: "ambiguous", machineIds: views.map(({ machine }) => machine.machineId) };
}

interface Looking {
  readonly ledger: LedgerReads;
  readonly caller: Caller;
  readonly line: WaitingLine;
  readonly queue: Queue;
}

/** Null if the caller's rights reach nothing of the machine. */
async function viewOf(
  { ledger, caller, line, queue }: Looking,
  machineId: string,
  { after, sinceMs }: { readonly after: string | null; readonly sinceMs: number | null },
): Promise<MachineView | null> {
  const range = historyOf(machineId);
  const from = after === null ? range.from : `${range.from}${after}!`;
  const rows = await ledger.list(from, range.before, SEQUENCES_PER_PAGE + 1);
  const shown = rows.slice(0, SEQUENCES_PER_PAGE);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  const place = last === undefined ? null : withoutFamily(last.key, range);
  const isOver = place === null || (sinceMs !== null && isBefore(place, sinceMs));
  const waiting = after === null ? line.rows.filter((each) => each.machineId === machineId) : [];
  const ids = [...waiting.map(({ sequenceId }) => sequenceId), ...shown.map(idIn)];
  const records = await recordsOf(ledger, [...new Set(ids)].slice(0, 2 * SEQUENCES_PER_PAGE));
  const runs = await runsOf(ledger, records);
  const reached = records.flatMap((record) => {
    const run = runs.get(record.runId);
    const reach = run === undefined ? null : reachInto(caller, run);
    return run !== undefined && reach?.covers(record) === true ? [{ record, run }] : [];
  });
  // A machine of others alone is as if it did not exist; on a later page there was something.
  if (reached.length === 0 && after === null) return null;
  const machineName = reached[0]?.record.machineName ?? null;
  const sequences = reached
    .filter(({ record }) => sinceMs === null || record.acceptedAtMs >= sinceMs)
    .map(({ record, run }) => sequenceView(record, run, queue));
  const machine = { machineId, machineName };
  return { machine, sequences, next: isOver ? null : cursorOf(place) };
}

/** True if the sequence at this place was accepted before; so were all that come after it. */
function isBefore(place: string, sinceMs: number): boolean {
  const instant = newestFirst(sinceMs);
  return place.slice(0, instant.length) > instant;
}

function idIn({ key }: { readonly key: string }): string {
  return sequenceIdIn(key);
}

/** Those that can be read, the newest first. */
async function recordsOf(ledger: LedgerReads, ids: readonly string[]): Promise<SequenceRecord[]> {
  const read = await Promise.all(ids.map(async (id) => await readableSequence(ledger, id)));
  return read
    .flatMap((stored) => (stored === null ? [] : [stored.value]))
    .toSorted((a, b) => b.acceptedAtMs - a.acceptedAtMs);
}

async function runsOf(
  ledger: LedgerReads,
  records: readonly SequenceRecord[],
): Promise<ReadonlyMap<string, RunRecord>> {
  const ids = [...new Set(records.map(({ runId }) => runId))];
  const read = await Promise.all(ids.map(async (id) => await orSetAside(loadRun(ledger, id))));
  return new Map(
    read.flatMap((run) =>
      run === null || run instanceof SetAside ? [] : [[run.value.runId, run.value]],
    ),
  );
}

function sequenceView(record: SequenceRecord, run: RunRecord, queue: Queue): MachineSequenceView {
  const view = describeSequence(record, queue, { run, seesOutput: false });
  const { runId, source, incidentId, title } = run;
  const { sequenceId, requestedBy, profile, state, acceptedAt, submittedAt } = view;
  const { endedAt, outcome, waits, nextStep } = view;
  const times = { acceptedAt, submittedAt, endedAt };
  const of = { runId, source, incidentId, title };
  return { ...of, sequenceId, requestedBy, profile, state, ...times, outcome, waits, nextStep };
}
