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
import type { ResultView, RunView } from "./run-view.ts";

/** Positions beyond this are not counted: the answer would be a guess, and cost as much. */
const POSITIONS_MAX = 1_000;

/** A run as its callers see it, or null if there is none. */
export async function describeRun(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  limits: Limits,
  runId: string,
  approvers: readonly { readonly name: string }[],
): Promise<RunView | null> {
  const stored = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (stored === null) return null;
  const run = stored.value;
  const { records, setAside } = await listSequences(ledger, run);
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
    sequences: records.map((each) => describeSequence(withSeen(each, budget), queue, run)),
    setAside: setAside.map(({ key, why }) => ({ key, why })),
    skipped: run.skipped,
    readAs: run.readAs,
    callbacks: run.callbacks.map(describeTarget),
    cancelAsked:
      run.cancelAsked === null ? null : { by: run.cancelAsked.by, at: isoOf(run.cancelAsked.atMs) },
    gate: describeGate(run.gate),
    approval: describeApproval(run.approval, records, approvers),
  };
}

function describeSeal(run: RunRecord): RunView["seal"] {
  if (run.seal === null) return null;
  const { number, hash, atMs } = run.seal;
  return { number, hash, at: isoOf(atMs), current: isSealed(run) };
}

function describeTarget(target: RunRecord["callbacks"][number]): RunView["callbacks"][number] {
  const { shape, host, events, delivered, endedAtMs } = target;
  return {
    shape,
    host,
    events,
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
  approval: RunRecord["approval"],
  records: readonly SequenceRecord[],
  approvers: readonly { readonly name: string }[],
): RunView["approval"] {
  const plan = planOf(approval, records);
  if (approval === null || plan === null) return null;
  const { planHash, untilMs } = plan;
  const given = approval.given.filter((each) => each.planHash === planHash);
  const barred = new Set([...approval.requesters, ...given].map(({ by }) => by));
  return {
    planHash,
    sequences: awaiting(records).length,
    needed: approval.needed,
    given: given.map(({ by, atMs }) => ({ by, at: isoOf(atMs) })),
    mayApprove: approvers.map(({ name }) => name).filter((name) => !barred.has(name)),
    expiresAt: isoOf(untilMs),
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
