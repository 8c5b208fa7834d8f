import type { Caller } from "../../access/caller.ts";
import { reachInto } from "../../access/reach.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { LATER, READY } from "../../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { rankOf, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { runOfSequence } from "../../plan/identity.ts";
import type { Lane } from "../../plan/lane.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { counted, type Count } from "../../store/count-rows.ts";
import { loadReadableBudget, loadRun, readableSequence } from "../../store/load.ts";
import { describeWait, type Queue } from "./describe-wait.ts";
import { nextStepFor } from "./next-step.ts";
import type { NextStepView } from "./run-view.ts";
import { linePage, startOf, type LinePlace } from "./line-page.ts";

/** A page of everything that waits, in the order in which it goes. */
export interface QueueView {
  /** Sequences that are in the line. */
  readonly waiting: Count;
  /** Sequences that wait for a time. */
  readonly parked: Count;
  readonly sequences: readonly QueuedView[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

/**
 * One that waits. If the caller's rights do not reach it, all is null but its place, its lane and
 * when it was accepted.
 */
type QueuedView = Place & (Named | { readonly [field in keyof Named]: null });

interface Place {
  /** From 1; null for what waits for a time or behind a machine. */
  readonly position: number | null;
  /** Null if its record cannot be read, and for the next member, too. */
  readonly lane: Lane | null;
  readonly acceptedAt: string | null;
}

interface Named {
  readonly sequenceId: string;
  readonly runId: string;
  readonly source: string;
  readonly incidentId: string;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly profile: { readonly name: string; readonly version: number };
  readonly requestedBy: string;
  readonly code: string;
  readonly detail: string;
  /** What a person can do about it. */
  readonly nextStep: NextStepView | null;
  readonly estimatedStart: string | null;
}

/**
 * One page of the line: what is ready, then what waits for a time, then what waits behind a
 * machine. Null if the cursor is none of this list. The line moves while somebody reads it, so a
 * sequence can be on no page or on two.
 */
export async function describeQueue(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  limits: Limits,
  caller: Caller,
  cursor: string | null,
): Promise<QueueView | null> {
  const start = startOf(cursor);
  if (start === null) return null;
  const { places, next } = await linePage(ledger, start);
  const [waiting, parked, budget, runs, records] = await Promise.all([
    counted(ledger, READY),
    counted(ledger, LATER),
    loadReadableBudget(ledger),
    runsOf(ledger, places),
    Promise.all(places.map(async (each) => await readableSequence(ledger, each.sequenceId))),
  ]);
  const queue: Queue = {
    positions: new Map(
      places.flatMap((each) => (each.ahead === null ? [] : [[each.sequenceId, each.ahead]])),
    ),
    budget: budget?.value ?? null,
    nowMs: clock.earliest(),
    limits,
  };
  const sequences = places.flatMap((place, index) => {
    const record = records[index]?.value ?? null;
    // It has left the line since the line was read.
    if (record !== null && record.state !== "waiting") return [];
    const run = runs.get(runOfSequence(place.sequenceId)) ?? null;
    return [{ ...placeOf(place, record), ...namedFor(caller, run, record, queue) }];
  });
  return { waiting, parked, sequences, next };
}

/** The run of each place; a run that cannot be read is not there, because nobody knows its team. */
async function runsOf(
  ledger: LedgerReads,
  places: readonly LinePlace[],
): Promise<ReadonlyMap<string, RunRecord>> {
  const ids = [...new Set(places.map(({ sequenceId }) => runOfSequence(sequenceId)))];
  const read = await Promise.all(ids.map(async (id) => await orSetAside(loadRun(ledger, id))));
  return new Map(
    read.flatMap((run) =>
      run === null || run instanceof SetAside ? [] : [[run.value.runId, run.value]],
    ),
  );
}

function placeOf({ ahead }: LinePlace, record: SequenceRecord | null): Place {
  return {
    position: ahead === null ? null : ahead + 1,
    lane: record === null ? null : rankOf(record).lane,
    acceptedAt: record === null ? null : isoOf(record.acceptedAtMs),
  };
}

const UNNAMED: { readonly [field in keyof Named]: null } = {
  sequenceId: null,
  runId: null,
  source: null,
  incidentId: null,
  machineId: null,
  machineName: null,
  profile: null,
  requestedBy: null,
  code: null,
  detail: null,
  nextStep: null,
  estimatedStart: null,
};

function namedFor(
  caller: Caller,
  run: RunRecord | null,
  record: SequenceRecord | null,
  queue: Queue,
): Named | typeof UNNAMED {
  const reach = run === null ? null : reachInto(caller, run);
  if (run === null || record === null || reach?.covers(record) !== true) return UNNAMED;
  const { name, version } = record.profile;
  const waits = describeWait(record, queue);
  const { code, detail, estimatedStart } = waits;
  return {
    sequenceId: record.sequenceId,
    runId: record.runId,
    source: run.source,
    incidentId: run.incidentId,
    machineId: record.machineId,
    machineName: record.machineName,
    profile: { name, version },
    requestedBy: record.requestedBy ?? run.requestedBy,
    code,
    detail,
    nextStep: nextStepFor(record, { waits, scripts: null }),
    estimatedStart,
  };
}
