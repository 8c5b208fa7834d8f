import type { Random } from "../../shared/ports.ts";
import { REQUESTER } from "./approval-judge.ts";
import { APPROVED_NAMES } from "./profiles.ts";
import { RUN_EVENTS } from "../../shared/incident/incident.ts";
import { CALLBACK_HOST, RECEIVER_KINDS, WAITS_MS, type Receiver } from "./receivers.ts";
import type { Arrival, Interruption, Operation, Scenario } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

/** What stands between an accepted incident and its submission, and who does something about it. */
export interface Guards extends Pick<Scenario, "policy" | "interruptions"> {
  readonly operations: readonly Operation[];
  /** Share of commands that fail, so that runs pause; null leaves it to the tenant. */
  readonly failing: number | null;
}

/** Such scenarios take longer, for much of them waits until it expires. */
const GATED_SHARE = 0.2;
/** Runs that pause themselves and are not resumed end when what they hold back expires. */
const RESUMES_MAX = 4;
const RESUMED_WITHIN_MS = 1_200_000;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawGuards(seed: number, arrivals: readonly Arrival[]): Guards {
  const random = stream(seed, "gates");
  if (!chance(random, GATED_SHARE)) {
    return { policy: null, operations: [], failing: null, interruptions: [] };
  }
  const first = whole(random, 1, 3);
  const policy = {
    first,
    above: first + whole(random, 0, 5),
    maxFailedShare: oneOf(random, [0, 0.3, 0.5]),
  };
  const failing = oneOf(random, [null, 0.3, 0.6]);
  return {
    policy,
    failing,
    operations: arrivals.flatMap((each) => drawResumes(random, each)),
    interruptions: arrivals.flatMap((each) => drawInterruptions(random, each.incidentId)),
  };
}

/** Most of what can go wrong with a run that has just paused does so at the first calls after. */
const SOON_CALLS = 30;
const CALLS_MAX = 400;

function drawInterruptions(random: Random, incidentId: string): Interruption[] {
  const resumes = Array.from({ length: whole(random, 0, 3) }, (): Interruption => {
    const atCall = whole(random, 1, SOON_CALLS);
    return { kind: "resumeRun", incidentId, atCall, dies: chance(random, 0.3) };
  });
  if (!chance(random, 0.1)) return resumes;
  return [...resumes, { kind: "cancel", incidentId, atCall: whole(random, 1, CALLS_MAX) }];
}

function drawResumes(random: Random, { incidentId, atMs }: Arrival): Operation[] {
  return Array.from({ length: whole(random, 0, RESUMES_MAX) }, () => {
    const laterMs = between(random, 1_000, RESUMED_WITHIN_MS);
    return { kind: "resumeRun", incidentId, atMs: atMs + laterMs };
  });
}

/** Incidents whose profile has to be approved, and who does. */
export interface Approvals extends Pick<
  Scenario,
  "approvalMs" | "arrivals" | "operations" | "interruptions"
> {}

const APPROVED_SHARE = 0.2;
const APPROVERS = [
  { by: "ann", objectId: "person-1" },
  { by: "ann-at-home", objectId: "person-1" },
  { by: "bob", objectId: "person-2" },
  { by: "cyd", objectId: null },
  { by: REQUESTER, objectId: null },
] as const;
const APPROVALS_MAX = 6;
const STALE_SHARE = 0.15;
/** Some come too late, but none so late that the simulation waits for it alone. */
const LATE_AT_MOST = 1.2;
const APPROVED_WITHIN_MS = 900_000;
const JOINED_SHARE = 0.4;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawApprovals(seed: number, arrivals: readonly Arrival[]): Approvals {
  const random = stream(seed, "approvals");
  if (!chance(random, APPROVED_SHARE)) {
    return { approvalMs: 3_600_000, arrivals, operations: [], interruptions: [] };
  }
  const approvalMs = oneOf(random, [60_000, 300_000, 3_600_000]);
  const names = new Map(
    arrivals.map(({ incidentId, profile }) => {
      return [incidentId, chance(random, 0.7) ? oneOf(random, APPROVED_NAMES) : profile] as const;
    }),
  );
  const withinMs = Math.min(APPROVED_WITHIN_MS, LATE_AT_MOST * approvalMs);
  const named = arrivals.map((each) => ({
    ...each,
    profile: names.get(each.incidentId) ?? each.profile,
  }));
  const joined = named.filter(() => chance(random, JOINED_SHARE));
  return {
    approvalMs,
    arrivals: [...named, ...joined.map((each) => joinedBy(random, each, arrivals, withinMs))],
    operations: arrivals.flatMap((each) => drawApprovers(random, each, withinMs)),
    interruptions: arrivals.flatMap((each) => drawCalls(random, each)),
  };
}

/** The same incident with every machine of all, when some of it may have been approved already. */
function joinedBy(
  random: Random,
  arrival: Arrival,
  arrivals: readonly Arrival[],
  withinMs: number,
): Arrival {
  const machineIds = [...new Set(arrivals.flatMap((each) => each.machineIds))];
  const atMs = arrival.atMs + between(random, 1_000, withinMs);
  return { ...arrival, atMs, machineIds, idempotencyKey: null, copies: 1 };
}

function drawCalls(random: Random, { incidentId }: Arrival): Interruption[] {
  return Array.from({ length: whole(random, 0, 2) }, () => ({
    kind: "approve",
    incidentId,
    atCall: whole(random, 1, CALLS_MAX),
    who: oneOf(random, APPROVERS),
    dies: chance(random, 0.3),
  }));
}

function drawApprovers(
  random: Random,
  { incidentId, atMs }: Arrival,
  withinMs: number,
): Operation[] {
  return Array.from({ length: whole(random, 0, APPROVALS_MAX) }, () => ({
    kind: "approve",
    incidentId,
    atMs: atMs + between(random, 1_000, withinMs),
    who: oneOf(random, APPROVERS),
    thinkMs: between(random, 500, 60_000),
    isStale: chance(random, STALE_SHARE),
  }));
}

const BARRED_SHARE = 0.1;
const BARRED_FROM_MS = 300_000;
const BARS = ["token", "submit", "list"] as const;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawBars(seed: number): Pick<Scenario, "bars"> & { expiryMs: number | null } {
  const random = stream(seed, "bars");
  if (!chance(random, BARRED_SHARE)) return { bars: [], expiryMs: null };
  const call = oneOf(random, BARS);
  if (chance(random, 0.4)) {
    // For good: then all ends by its expiry, which had better come soon. Without a token from the
    // start, for no result can be fetched without one.
    const fromMs = call === "token" ? 0 : oneOf(random, [0, between(random, 0, BARRED_FROM_MS)]);
    return { bars: [{ call, fromMs, untilMs: null }], expiryMs: 600_000 };
  }
  const fromMs = between(random, 0, BARRED_FROM_MS);
  const untilMs = fromMs + between(random, 10_000, oneOf(random, [60_000, 900_000]));
  return { bars: [{ call, fromMs, untilMs }], expiryMs: null };
}

/**
 * After the last fault and the longest stall: a pause that a stalled host held up can take effect
 * after any earlier resume.
 */
export const LAST_RESUME_MS = 1_140_000;

const PAUSED_SHARE = 0.06;
const PAUSED_MS = [60_000, 210_000] as const;

/**
 * For a share of the seeds hosts start with the setting PAUSED, and somebody resumes after it was
 * taken away. By a stream of its own, so that all others stay as they were.
 */
export function drawPaused(
  seed: number,
): Pick<Scenario, "pausedUntilMs"> & { operations: readonly Operation[] } {
  const random = stream(seed, "paused");
  if (!chance(random, PAUSED_SHARE)) return { pausedUntilMs: null, operations: [] };
  const pausedUntilMs = between(random, ...PAUSED_MS);
  const resumes = [pausedUntilMs + between(random, 1_000, 200_000), LAST_RESUME_MS];
  return { pausedUntilMs, operations: resumes.map((atMs) => ({ kind: "resume", atMs })) };
}

const RECEIVERS_SHARE = 0.07;
const EVENTS = [
  ["run.accepted", "run.finished", "run.approvalNeeded", "run.paused"],
  ["sequence.ended", "run.libraryDrift"],
  RUN_EVENTS,
] as const satisfies readonly Receiver["events"][];

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawReceivers(seed: number): Receiver[] {
  const random = stream(seed, "receivers");
  if (!chance(random, RECEIVERS_SHARE)) return [];
  return Array.from({ length: whole(random, 1, 3) }, (_, number) => ({
    url: `https://${CALLBACK_HOST}/${number}`,
    kind: oneOf(random, RECEIVER_KINDS),
    badTries: whole(random, 1, WAITS_MS.length),
    events: oneOf(random, EVENTS),
  }));
}
