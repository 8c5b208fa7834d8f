import type { Random } from "../../shared/ports.ts";
import {
  drawApprovals,
  drawBars,
  drawGuards,
  drawPaused,
  drawReceivers,
  LAST_RESUME_MS,
} from "./draw-guards.ts";
import { drawFacts, drawScope } from "./draw-facts.ts";
import { drawLibrary } from "./draw-library.ts";
import { drawHabits } from "./draw-habits.ts";
import { drawRivals } from "./draw-rivals.ts";
import { NO_FAULTS, type FaultRates } from "./faults.ts";
import { PROFILE_NAMES } from "./profiles.ts";
import {
  CALM_TENANT,
  DISGUISES,
  machineIdOf,
  SHIPPED,
  SHIPPED_LINGER_MS,
  type Arrival,
  type ForeignPost,
  type Operation,
  type Scenario,
  type ScenarioMachine,
  type Span,
  type Stranger,
  type TenantRules,
} from "./scenario.ts";
import { drawSteering } from "./steering.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";
import { drawSweeps } from "./draw-sweeps.ts";
import { drawVersions } from "./versions.ts";

/** Kinds of weather, each with its share of faults. */
const WEATHER: Readonly<Record<string, FaultRates>> = {
  calm: NO_FAULTS,
  flakyStorage: { storage: 0.02, defender: 0, crash: 0, stall: 0, answers: 0 },
  flakyApi: { storage: 0, defender: 0.05, crash: 0, stall: 0, answers: 0.25 },
  crashing: { storage: 0.002, defender: 0.005, crash: 0.01, stall: 0, answers: 0 },
  stalling: { storage: 0, defender: 0.01, crash: 0.001, stall: 0.01, answers: 0.02 },
  everything: { storage: 0.01, defender: 0.03, crash: 0.004, stall: 0.003, answers: 0.15 },
};
const NAMES = Object.keys(WEATHER);
const BUSY_MS = 420_000;
/** Mostly rarer than in production, for a poll that finds nothing new costs as much as any. */
const POLLS_EVERY_MS = [15_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000] as const;

/** POLL_SCHEDULE and WATCH_SECONDS as shipped; few, for a watch polls as often as in production. */
const WATCHED = { pollEveryMs: 60_000, watchMs: 55_000 };
const WATCHED_SHARE = 0.06;
const PAGED_SHARE = 0.2;

/** A scenario of about twenty virtual minutes, all of it decided by the seed. */
export function drawScenario(seed: number): Scenario {
  const random = stream(seed, "scenario");
  const profile = oneOf(random, NAMES);
  const shape = drawShape(random);
  const { cap } = shape;
  const drawn = drawMachines(random, whole(random, ...shape.machines));
  const { machines: untagged, silent } = drawFacts(seed, drawn);
  const { machines, factsAgeMs } = drawScope(seed, untagged);
  const swept = drawSweeps(seed, machines);
  const arrivals = drawArrivals(random, machines, shape);
  const habits = { ...drawHabits(seed, cap), ...drawSlowLists(seed) };
  const tenant = withPages(seed, { ...drawTenant(random, cap), ...habits, silent });
  const guards = drawGuards(seed, arrivals);
  const approvals = drawApprovals(seed, arrivals);
  const { bars, expiryMs } = drawBars(seed);
  const held = drawPaused(seed);
  return {
    seed,
    profile,
    limits: {
      ...SHIPPED,
      maxSessions: cap,
      patienceMs: oneOf(random, [60_000, 180_000, 900_000]),
      callsPerWindow: shape.calls,
      readsPerMinute: tenant.readsPerMinute,
      readsPerHour: tenant.readsPerHour,
    },
    policy: guards.policy,
    approvalMs: approvals.approvalMs,
    receivers: drawReceivers(seed),
    lingerMs: oneOf(random, [0, 30_000, SHIPPED_LINGER_MS]),
    expiryMs: expiryMs ?? oneOf(random, [450_000, 600_000, 900_000]),
    hosts: whole(random, 1, 4),
    pollEveryMs: oneOf(random, POLLS_EVERY_MS),
    watchMs: 0,
    ...(chance(stream(seed, "watch"), WATCHED_SHARE) ? WATCHED : {}),
    pollsOverlap: chance(random, 0.3),
    machines: swept.machines,
    factsAgeMs,
    library: drawLibrary(seed),
    arrivals: [...approvals.arrivals, ...drawRivals(seed, approvals.arrivals, machines)],
    pausedUntilMs: held.pausedUntilMs,
    operations: [
      ...drawOperations(random, arrivals),
      ...guards.operations,
      ...approvals.operations,
      ...held.operations,
      ...drawSteering(seed, approvals.arrivals),
    ],
    interruptions: [...guards.interruptions, ...approvals.interruptions],
    foreign: chance(random, 0.4) ? drawForeign(random, machines) : [],
    strangers: drawStrangers(seed),
    tenant: guards.failing === null ? tenant : { ...tenant, failing: guards.failing },
    bars,
    sweeps: swept.sweeps,
    versions: drawVersions(seed),
    healAtMs: BUSY_MS,
    rates: drawRates(profile, tenant),
  };
}

interface Shape {
  readonly cap: number;
  readonly calls: number;
  readonly machines: readonly [least: number, most: number];
  readonly arrivals: number;
  /** An incident names at least this share of the machines; absent is a tenth. */
  readonly leastShare?: number;
}

/**
 * What binds: sessions, calls, or now the one and now the other. Small ones, for many seeds' sake.
 */
function drawShape(random: Random): Shape {
  const draw = random.fraction();
  if (draw < 0.55) return { cap: whole(random, 1, 4), calls: 10, machines: [1, 4], arrivals: 2 };
  if (draw < 0.85) return { cap: 25, calls: 3, machines: [5, 8], arrivals: 1, leastShare: 0.6 };
  if (draw < 0.995) {
    return { cap: oneOf(random, [5, 10, 25]), calls: 10, machines: [1, 8], arrivals: 3 };
  }
  // More than one intake row holds; many of the second shape stand in one.
  return { cap: 25, calls: 30, machines: [55, 70], arrivals: 1 };
}

function drawMachines(random: Random, count: number): ScenarioMachine[] {
  const flaky = chance(random, 0.5);
  return Array.from({ length: count }, (_, number) => ({
    machineId: machineIdOf(number + 1),
    offline: flaky && chance(random, 0.4) ? [drawOffline(random)] : [],
    portal: chance(random, 0.1) ? [drawSpan(random, 30_000, 400_000)] : [],
    goneAtMs: chance(random, 0.03) ? between(random, 0, BUSY_MS) : null,
  }));
}

/** Minutes, or longer than any sequence lives. */
function drawOffline(random: Random): Span {
  if (chance(random, 0.2)) return [0, 10 * 86_400_000];
  return drawSpan(random, 60_000, 1_500_000);
}

function drawSpan(random: Random, shortestMs: number, longestMs: number): Span {
  const fromMs = between(random, 0, BUSY_MS / 2);
  return [fromMs, fromMs + between(random, shortestMs, longestMs)];
}

function drawArrivals(
  random: Random,
  machines: readonly ScenarioMachine[],
  { arrivals: most, leastShare = 0.1 }: Shape,
): Arrival[] {
  const arrivals = Array.from({ length: whole(random, 1, most) }, (_, number): Arrival => {
    const share = between(random, leastShare, 1);
    const chosen = machines.filter(() => chance(random, share)).map((each) => each.machineId);
    return {
      atMs: between(random, 0, BUSY_MS / 2),
      incidentId: `incident-${number}`,
      profile: oneOf(random, PROFILE_NAMES),
      machineIds: chosen.length > 0 ? chosen : [machineIdOf(1)],
      idempotencyKey: chance(random, 0.5) ? `key-${number}` : null,
      copies: chance(random, 0.3) ? 2 : 1,
    };
  });
  const grown = arrivals.filter(() => chance(random, 0.25));
  return [...arrivals, ...grown.map((each) => grownOf(random, each, machines))];
}

/** The same incident, moments later, with every machine there is. */
function grownOf(random: Random, arrival: Arrival, machines: readonly ScenarioMachine[]): Arrival {
  const { atMs, idempotencyKey } = arrival;
  return {
    ...arrival,
    atMs: atMs + between(random, 0, oneOf(random, [300, 5_000, 60_000])),
    machineIds: machines.map((each) => each.machineId),
    idempotencyKey: idempotencyKey === null ? null : `${idempotencyKey}-grown`,
  };
}

function drawOperations(random: Random, arrivals: readonly Arrival[]): Operation[] {
  const operations: Operation[] = [];
  if (chance(random, 0.25)) {
    const atMs = between(random, 10_000, BUSY_MS / 2);
    operations.push({ kind: "pause", atMs });
    operations.push({ kind: "resume", atMs: atMs + between(random, 5_000, 200_000) });
    operations.push({ kind: "resume", atMs: LAST_RESUME_MS });
  }
  for (const { incidentId, atMs } of arrivals) {
    if (!chance(random, 0.15)) continue;
    const laterMs = between(random, 100, oneOf(random, [2_000, 300_000]));
    operations.push({ kind: "cancel", incidentId, atMs: atMs + laterMs });
  }
  return operations;
}

function drawForeign(random: Random, machines: readonly ScenarioMachine[]): ForeignPost[] {
  return Array.from({ length: whole(random, 1, 12) }, () => ({
    atMs: between(random, 0, BUSY_MS),
    machineId: oneOf(random, machines).machineId,
    comment: oneOf(random, [null, "Isolate by other product", "[lrq:nobody.0.1] other"]),
  }));
}

const STRANGE_SHARE = 0.25;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
function drawStrangers(seed: number): Stranger[] {
  const random = stream(seed, "strangers");
  if (!chance(random, STRANGE_SHARE)) return [];
  return Array.from({ length: whole(random, 1, 6) }, () => ({
    atMs: between(random, 0, BUSY_MS),
    disguise: oneOf(random, DISGUISES),
    isNamesake: chance(random, 0.5),
  }));
}

const SLOW_SHARE = 0.15;
/** Where lists are slow many answers are lost: then what they show late matters. */
const LOST_SHARE = 0.3;

/**
 * Lists about as slow as the guard allows, and slower, with sessions that are over by then and such
 * that are not; by a stream of its own, as for guards.
 */
function drawSlowLists(seed: number): Partial<TenantRules> {
  const random = stream(seed, "slowLists");
  if (!chance(random, SLOW_SHARE)) return {};
  const listLagMs = oneOf(random, [140_000, 240_000, 400_000, 900_000]);
  return chance(random, 0.5) ? { listLagMs } : { listLagMs, commandMs: [120_000, 500_000] };
}

function drawRates(profile: string, { listLagMs }: TenantRules): FaultRates {
  const rates = WEATHER[profile] ?? NO_FAULTS;
  const isSlow = listLagMs > SHIPPED.guardMs && profile !== "calm";
  return isSlow ? { ...rates, answers: LOST_SHARE } : rates;
}

/** Small pages, where lists of many pages can be paid; by a stream of their own. */
function withPages(seed: number, tenant: TenantRules): TenantRules {
  const isPaged = chance(stream(seed, "pages"), PAGED_SHARE);
  return isPaged && tenant.readsPerMinute >= 100 ? { ...tenant, pageSize: 8 } : tenant;
}

function drawTenant(random: Random, cap: number): TenantRules {
  return {
    ...CALM_TENANT,
    maxSessions: chance(random, 0.6) ? cap + 25 : Math.max(1, cap - whole(random, 0, 3)),
    readsPerMinute: oneOf(random, [6, 12, 100, 100]),
    readsPerHour: chance(random, 0.2) ? 400 : 1_500,
    retryAfterOnRate: chance(random, 0.5),
    listLagMs: oneOf(random, [0, 5_000, 120_000]),
    replicaLagMs: oneOf(random, [0, 0, 20_000]),
    givesExisting: chance(random, 0.3),
    pendingMs: oneOf(random, [120_000, 600_000, 7_200_000]),
    commandMs: oneOf(random, [
      [2_000, 10_000],
      [10_000, 60_000],
      [60_000, 200_000],
    ]),
    failing: oneOf(random, [0, 0.15]),
    timingOut: oneOf(random, [0, 0.05]),
    vanishing: oneOf(random, [0, 0, 0.05]),
    odd: oneOf(random, [0, 0.3]),
  };
}
