import type { Caller } from "../../access/caller.ts";
import { mayApprove, type Reach } from "../../access/reach.ts";
import { awaiting, planOf } from "../../ledger/run/approval.ts";
import { doneTwice } from "../../ledger/sequence/done-twice.ts";
import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import { READY, sequenceIdIn } from "../../ledger/row/keys.ts";
import { countsOf } from "../../ledger/run/counts.ts";
import { stateOf, type RunRecord } from "../../ledger/run/run.ts";
import { isSealed } from "../../ledger/run/seal.ts";
import { currentCommands, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { describeSequence, scriptsOf } from "./describe-sequence.ts";
import type { Queue } from "./describe-wait.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadReadableBudget, loadRun } from "../../store/load.ts";
import { recordOutputRead } from "./record-output-read.ts";
import type { ResultView, RunView } from "./run-view.ts";

/** Positions beyond this are not counted: the answer would be a guess, and cost as much. */
const POSITIONS_MAX = 1_000;

/** Who reads a run, and all who may approve one. */
export interface Reading {
  readonly reach: Reach;
  readonly approvers: readonly Caller[];
  /** Why a sequence needs an approval. */
  readonly whyApproval: (record: SequenceRecord) => string;
}

/**
 * A run as a caller sees it, or null if there is none. Of what scripts wrote it shows excerpts only
 * to a caller who may read evidence, and the log of the run names that caller first.
 */
export async function describeRun(
  ports: Pick<Ports, "ledger" | "clock" | "random">,
  limits: Limits,
  runId: string,
  { reach, ...approving }: Reading,
): Promise<RunView | null> {
  const { ledger, clock } = ports;
  const { seesOutput } = reach;
  const stored = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (stored === null) return null;
  const run = stored.value;
  const { records: all, setAside } = await listSequences(ledger, run);
  const records = all.filter(reach.covers);
  await recordOutputRead(ports, run, records, reach);
  const isReady = records.some((each) => each.place?.kind === "ready");
  const budget = (await loadReadableBudget(ledger))?.value ?? null;
  const ready = isReady ? await ledger.list(READY.from, READY.before, POSITIONS_MAX) : [];
  const positions = new Map(ready.map((row, index) => [sequenceIdIn(row.key), index]));
  const queue: Queue = { positions, budget, nowMs: clock.earliest(), limits };
  return {
    runId,
    state: stateOf(run),
    source: run.source,
    incidentId: run.incidentId,
    title: run.title,
    severity: run.severity,
    url: run.url,
    team: run.team,
    requestedBy: run.requestedBy,
    requestedAt: isoOf(run.requestedAtMs),
    finishedAt: isoOrNull(run.finishedAtMs),
    seal: describeSeal(run),
    counts: countsOf(records),
    scriptsFailed: records.filter((each) => scriptsOf(each) === "failed").length,
    results: resultsOf(records),
    doneTwice: records.filter(doneTwice).length,
    impersonated: records.filter((each) => each.impersonations.length > 0).length,
    sequences: describeSequences(records, queue, { run, seesOutput }),
    setAside: setAside.map(({ key, why }) => ({ key, why })),
    skipped: run.skipped,
    readAs: run.readAs,
    callbacks: run.callbacks.map(describeTarget),
    cancelAsked:
      run.cancelAsked === null ? null : { by: run.cancelAsked.by, at: isoOf(run.cancelAsked.atMs) },
    gate: describeGate(run.gate),
    approval: describeApproval(run, all, approving),
  };
}

/** Each with the one that runs it again. */
function describeSequences(
  records: readonly SequenceRecord[],
  queue: Queue,
  describing: { readonly run: RunRecord; readonly seesOutput: boolean },
): RunView["sequences"] {
  const retries = new Map(records.map(({ retry, sequenceId }) => [retry?.of, sequenceId]));
  return records.map((each) => {
    const retriedBy = retries.get(each.sequenceId) ?? null;
    return describeSequence(withSeen(each, queue.budget), queue, { ...describing, retriedBy });
  });
}

function describeSeal(run: RunRecord): RunView["seal"] {
  if (run.seal === null) return null;
  const { number, hash, atMs } = run.seal;
  return { number, hash, at: isoOf(atMs), current: isSealed(run) };
}

function describeTarget(target: RunRecord["callbacks"][number]): RunView["callbacks"][number] {
  const { shape, host, events, later, delivered, endedAtMs } = target;
  return {
    shape,
    host,
    events: [...events, ...later],
    deliveredAt: isoOrNull(delivered?.atMs ?? null),
    tries: delivered?.tries ?? null,
    endedAt: isoOrNull(endedAtMs),
  };
}

function describeGate(gate: RunRecord["gate"]): RunView["gate"] {
  if (gate === null) return null;
  const { state, paused } = gate;
  return { state, why: paused?.why ?? null, pausedAt: isoOrNull(paused?.atMs ?? null) };
}

function describeApproval(
  run: RunRecord,
  records: readonly SequenceRecord[],
  { approvers, whyApproval }: Omit<Reading, "reach">,
): RunView["approval"] {
  const { approval } = run;
  const plan = planOf(approval, records);
  if (approval === null || plan === null) return null;
  const { planHash, untilMs } = plan;
  const given = approval.given.filter((each) => each.planHash === planHash);
  const waiting = awaiting(records);
  const barred = new Set([...approval.requesters, ...given].map(({ by }) => by));
  return {
    planHash,
    sequences: waiting.length,
    needed: approval.needed,
    given: given.map(({ by, atMs }) => ({ by, at: isoOf(atMs) })),
    mayApprove: approvers
      .filter((each) => !barred.has(each.name) && mayApprove(each, run, waiting))
      .map(({ name }) => name),
    expiresAt: isoOf(untilMs),
    reasons: waiting.map((each) => ({ sequenceId: each.sequenceId, why: whyApproval(each) })),
  };
}

function resultsOf(records: readonly SequenceRecord[]): RunView["results"] {
  const results = records.flatMap((each) => each.results);
  const of = (wanted: ResultView["state"]) =>
    results.filter(({ state }) => state === wanted).length;
  return { owed: of("owed"), stored: of("stored"), unavailable: of("unavailable") };
}

/** While an action is open, its progress is in the budget; when it is over, the record gets it. */
function withSeen(record: SequenceRecord, budget: Budget | null): SequenceRecord {
  const { seen, glance } =
    budget?.sessions.find((each) => each.sequenceId === record.sequenceId) ?? {};
  const [actionStatus, ...commands] = seen ?? [];
  if (actionStatus === undefined || glance?.attempt !== record.attempt) return record;
  const progress = currentCommands(record).map(({ type }, index) => ({
    part: record.part,
    index,
    type,
    status: commands[index] ?? "Created",
    startedAtMs: null,
    endedAtMs: null,
    errors: [],
  }));
  return { ...record, actionStatus, progress: [...record.progress, ...progress] };
}
