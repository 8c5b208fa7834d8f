import type { SkippedMachine } from "../../incident/incident.ts";
import { laneRange, READY } from "../../ledger/row/keys.ts";
import { isOfTeam, type RunRecord } from "../../ledger/run/run.ts";
import type { SequenceState } from "../../ledger/sequence/sequence.ts";
import { sessionCap } from "../../limits/pace/budget.ts";
import { forecastStartMs } from "../../limits/pace/forecast.ts";
import { parametersOf } from "../../plan/command/command.ts";
import { sequenceIdOf } from "../../plan/identity.ts";
import type { Plan, ReadAs } from "../../plan/plan.ts";
import { counted } from "../../store/count-rows.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadReadableBudget, loadRun } from "../../store/load.ts";
import type { Acceptance, AcceptPorts, AcceptSettings, Submission } from "./answer.ts";
import { countMachines, loadReadableCounts } from "./daily-counts.ts";
import { newRun } from "./new-records.ts";
import { overCap } from "./not-written.ts";
import { chosenFor, planFor } from "./plan-submission.ts";

/** What an incident would do if it was sent now. Nothing of it is stored. */
export interface DryRun {
  readonly kind: "dryRun";
  /** The run that it would join; null if it would be a new one. */
  readonly runId: string | null;
  readonly machines: readonly PlannedMachine[];
  readonly skipped: readonly SkippedMachine[];
  readonly readAs: readonly ReadAs[];
  /** Commands of the new sequences, and the POSTs that they take. */
  readonly commands: number;
  readonly calls: number;
  /** The most sessions that they have at once. */
  readonly sessions: number;
  /** Until the last of them has ended, in minutes; null if nobody knows. */
  readonly estimatedMinutes: number | null;
  /** What has to be approved before it goes; null if nothing has. */
  readonly approval: { readonly needed: number; readonly sequences: number } | null;
  /** Why it would not be accepted as it is now. */
  readonly refused: readonly { readonly type: string; readonly detail: string }[];
}

interface PlannedMachine {
  readonly machineId: string;
  readonly machineName: string | null;
  /** What Defender says of it; null if it was not asked. */
  readonly machineFacts: {
    readonly platform: string | null;
    readonly tags: readonly string[] | null;
    readonly group: string | null;
    readonly health: string | null;
  } | null;
  readonly profile: { readonly name: string; readonly version: number };
  readonly parameters: Readonly<Record<string, string>>;
  readonly lane: number;
  readonly approvals: number;
  readonly commands: readonly {
    readonly type: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
  /** The sequence that collected it before, which is not repeated; null for a new one. */
  readonly sequenceId: string | null;
  readonly state: SequenceState | null;
}

type Planned = Plan["sequences"][number];

/**
 * Plans an incident as `accept` does, and says what would come of it. It asks Defender for the
 * machines, and counts those calls; else it writes nothing.
 */
export async function dryRun(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
): Promise<DryRun | Exclude<Acceptance, { kind: "accepted" }>> {
  const choice = chosenFor(settings, submission);
  if (choice.kind !== "parsed") return choice;
  const counts = await ports.countedCommits.prepare();
  const planned = await planFor(ports, settings, submission, { choice: choice.value, counts });
  if (planned.kind !== "planned") return planned;
  const { sequences, skipped, readAs } = planned.plan;
  const run = await runOf(ports, submission, planned.plan);
  const known = await knownIn(ports, run);
  const machines = sequences.map((each) => machineOf(each, run, known));
  const fresh = sequences.filter((_, index) => machines[index]?.sequenceId === null);
  const needing = fresh.filter(({ approvals }) => approvals > 0);
  const needed = Math.max(0, ...needing.map(({ approvals }) => approvals));
  return {
    kind: "dryRun",
    runId: run?.runId ?? null,
    machines,
    skipped,
    readAs,
    commands: fresh.flatMap(({ parts }) => parts.flat()).length,
    calls: fresh.flatMap(({ parts }) => parts).length,
    ...(await forecastOf(ports, settings, fresh)),
    approval: needed === 0 ? null : { needed, sequences: needing.length },
    refused: await refusalsOf(ports, submission, run, fresh.length),
  };
}

/** The run of the team that the incident has already; null if it would be a new one. */
async function runOf(
  { ledger, clock }: AcceptPorts,
  submission: Submission,
  plan: Plan,
): Promise<RunRecord | null> {
  if (submission.again) return null;
  for (const isFirst of [true, false]) {
    const { runId } = newRun(submission, plan, { again: null, isFirst }, clock.earliest());
    const stored = await loadRun(ledger, runId);
    if (stored === null || isOfTeam(stored.value, submission.team)) return stored?.value ?? null;
  }
  return null;
}

async function knownIn(
  { ledger }: AcceptPorts,
  run: RunRecord | null,
): Promise<ReadonlyMap<string, SequenceState>> {
  const { records } = run === null ? { records: [] } : await listSequences(ledger, run);
  return new Map(records.map(({ sequenceId, state }) => [sequenceId, state]));
}

function machineOf(
  planned: Planned,
  run: RunRecord | null,
  known: ReadonlyMap<string, SequenceState>,
): PlannedMachine {
  const { machineId, machineName, machineFacts, profile, parameters, lane, approvals } = planned;
  const sequenceId = run === null ? "" : sequenceIdOf(run.runId, planned);
  const state = known.get(sequenceId) ?? null;
  return {
    machineId,
    machineName,
    machineFacts: factsIn(machineFacts),
    profile: { name: profile.name, version: profile.version },
    parameters,
    lane,
    approvals,
    commands: planned.parts.flat().map((each) => {
      return { type: each.type, parameters: parametersOf(each) };
    }),
    sequenceId: state === null ? null : sequenceId,
    state,
  };
}

function factsIn(facts: Planned["machineFacts"]): PlannedMachine["machineFacts"] {
  if (facts === null) return null;
  const { platform, tags, group, health = null } = facts;
  return { platform, tags, group, health };
}

const MINUTE_MS = 60_000;

/** By the queue as it is: what is before it, the calls, the sessions and how long they last. */
async function forecastOf(
  { ledger, clock }: AcceptPorts,
  { limits }: AcceptSettings,
  fresh: readonly Planned[],
): Promise<Pick<DryRun, "sessions" | "estimatedMinutes">> {
  const [first] = fresh;
  if (first === undefined) return { sessions: 0, estimatedMinutes: 0 };
  const budget = (await loadReadableBudget(ledger))?.value ?? null;
  if (budget === null) return { sessions: 0, estimatedMinutes: null };
  const { lane } = first;
  const before = await counted(ledger, { from: READY.from, before: laneRange(lane).before });
  const ahead = before.count + fresh.length - 1;
  const nowMs = clock.earliest();
  const startMs = forecastStartMs(budget, { lane, ahead }, nowMs, limits);
  const endMs = startMs === null || before.atLeast ? null : startMs + budget.meanSessionMs;
  return {
    sessions: Math.min(fresh.length, sessionCap(budget, nowMs, limits)),
    estimatedMinutes: endMs === null ? null : Math.ceil((endMs - nowMs) / MINUTE_MS),
  };
}

/** The caps that it would meet; a cap that cannot be judged is met, too. */
async function refusalsOf(
  ports: AcceptPorts,
  submission: Submission,
  run: RunRecord | null,
  asked: number,
): Promise<DryRun["refused"]> {
  const { caps, caller } = submission;
  if (caps === null || asked === 0) return [];
  const ofIncident = run?.accepted ?? 0;
  const counts = (await loadReadableCounts(ports.ledger))?.value ?? null;
  if (counts === null) {
    const detail = "The counts of the day cannot be read, so no new machine is accepted.";
    return [{ type: "unavailable", detail }];
  }
  const count = countMachines(counts, { caps, caller, ofIncident, asked }, ports.clock.earliest());
  if (count.kind === "counted") return [];
  const { kind, detail } = overCap(ports, submission, count.over);
  return [{ type: kind === "overCap" ? "over-cap" : "too-many-machines", detail }];
}
