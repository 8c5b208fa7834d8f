import { createSeededRandom } from "../../local/memory/random.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { row, type Row } from "../table.ts";
import { machineIdOf, machinesOf } from "./backlog.ts";
import { startCareful, type CarefulOptions, type CarefulRun } from "./careful.ts";
import { callsOverLimit, countWithin, percentile } from "./figures.ts";
import { load, runUntil } from "./run-virtual.ts";
import type { BenchTenant } from "./tenant.ts";
import { between } from "./wire.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CAREFUL = "careful: one worker, sleeps";
const SHORT_SESSION_MS = [30_000, 90_000] as const;
const WINDOWS = 60;
/** In an hour, of 25 sessions of four minutes. */
const POSSIBLE_STARTS = 25 * 15;

/** What a careful afternoon comes to, in the rows of the drain; no bound is claimed for it. */
export async function measureCareful(): Promise<readonly Row[]> {
  return [
    ...(await measureSlots()),
    ...(await measureUrgent()),
    ...(await measureOffline(6)),
    ...(await measureOffline(4)),
    ...(await measureReads()),
    ...(await measureKilled()),
  ];
}

async function measureSlots(): Promise<Row[]> {
  const run = startCareful({
    seed: 7,
    backlog: machinesOf("m", 1_000),
    sessionMs: SHORT_SESSION_MS,
  });
  const { tenant, clock } = run;
  while (tenant.arrivals.length === 0) await clock.advanceTo(clock.nowMs() + 100);
  const fromMs = tenant.arrivals[0] ?? NaN;
  const untilMs = fromMs + WINDOWS * SHIPPED.windowMs;
  await clock.advanceTo(untilMs);
  const used = countWithin(tenant.starts, fromMs, untilMs);
  const at = { part: CAREFUL, setting: "1,000 queued" };
  const ratio = used / (WINDOWS * SHIPPED.callsPerWindow);
  return [
    row({ ...at, measure: "slots used / possible", value: ratio, unit: "x" }),
    row({ ...at, measure: "calls over the limit", value: overLimit(tenant), unit: "" }),
    row({
      ...at,
      measure: "storage requests per sequence",
      value: run.requests() / used,
      unit: "",
    }),
  ];
}

/** Arrivals as those of the drain: one somewhere in every second minute. */
async function measureUrgent(): Promise<Row[]> {
  const run = startCareful({
    seed: 11,
    backlog: machinesOf("m", 5_000),
    sessionMs: SHORT_SESSION_MS,
  });
  const { tenant, clock } = run;
  const random = createSeededRandom(12);
  const fromMs = clock.nowMs() + 5 * MINUTE_MS;
  const askedAtMs = new Map<string, number>();
  for (let number = 0; number < 150; number += 1) {
    const machineId = machineIdOf("urgent", number);
    clock.at(fromMs + 2 * MINUTE_MS * (number + random.fraction()), () => {
      askedAtMs.set(machineId, clock.nowMs());
      run.send(machineId);
    });
  }
  await untilStarted(run, 5_150);
  const waits = [...askedAtMs].map(
    ([machineId, atMs]) => ((tenant.startedAtMs.get(machineId) ?? Infinity) - atMs) / 1_000,
  );
  const at = { part: CAREFUL, setting: "behind 5,000 queued, 150 arrivals", unit: "s" };
  return [0.5, 0.99].map((share) => {
    const measure = `urgent arrival until submitted, p${share * 100}`;
    return row({ ...at, measure, value: percentile(waits, share) });
  });
}

async function measureOffline(meanMinutes: number): Promise<Row[]> {
  const meanMs = meanMinutes * MINUTE_MS;
  const sessionMs = [meanMs / 2, meanMs * 1.5] as const;
  const all = machinesOf("m", 1_000);
  const offline = new Set(all.toSorted().slice(0, 400));
  const online = all.filter((each) => !offline.has(each));
  const isOffline = (machineId: string) => offline.has(machineId);
  const untilDoneMs = async (backlog: readonly string[]) => {
    const { tenant, clock } = startCareful({ seed: 17, backlog, sessionMs, isOffline });
    const beganAtMs = clock.nowMs();
    while (tenant.endsAtMs.size < online.length && clock.nowMs() < beganAtMs + 3 * DAY_MS) {
      await clock.advanceTo(clock.nowMs() + 1_000);
    }
    return Math.max(...online.map((each) => tenant.endsAtMs.get(each) ?? Infinity)) - beganAtMs;
  };
  const value = (await untilDoneMs(all)) / (await untilDoneMs(online));
  const setting = `400 of 1,000 machines offline, sessions of ${meanMinutes} min`;
  const measure = "time for the online / without the offline";
  return [row({ part: CAREFUL, setting, measure, value, unit: "x" })];
}

/** Questions to Defender in the third hour, with every session taken; 1,500 are let in. */
async function measureReads(): Promise<Row[]> {
  const options = { seed: 13, backlog: machinesOf("m", 1_500) };
  const sessionMs = [2 * MINUTE_MS, 6 * MINUTE_MS] as const;
  const careful = startCareful({ ...options, sessionMs });
  const beganAtMs = careful.clock.nowMs();
  await careful.clock.advanceTo(beganAtMs + 3 * HOUR_MS);
  const third = [beganAtMs + 2 * HOUR_MS, beganAtMs + 3 * HOUR_MS] as const;
  const asked = countWithin(careful.tenant.gets, ...third);
  const started = countWithin(careful.tenant.starts, ...third);
  const { world } = await load({ ...options, workers: 1, sessionMs });
  world.start();
  await world.clock.advanceTo(world.clock.nowMs() + 2 * HOUR_MS);
  const before = world.tenant.counts.listCalls;
  await world.clock.advanceTo(world.clock.nowMs() + HOUR_MS);
  const at = { setting: "25 sessions of 4 min, the third hour", unit: "" };
  const listed = world.tenant.counts.listCalls - before;
  const ratio = started / POSSIBLE_STARTS;
  return [
    row({ ...at, part: CAREFUL, measure: "starts a minute / possible", value: ratio, unit: "x" }),
    row({ ...at, part: CAREFUL, measure: "questions to Defender an hour", value: asked }),
    row({ ...at, part: "drain", measure: "questions to Defender an hour", value: listed }),
  ];
}

const KILLS = 200;
/** A message that a dead worker held is seen again after ten minutes; then all is done in three. */
const SETTLED_MS = 45 * MINUTE_MS;
const KILLED: Omit<CarefulOptions, "seed"> = {
  backlog: machinesOf("m", 20),
  sessionMs: SHORT_SESSION_MS,
};

/** One kill a run, anywhere in the first two minutes. Twice is a machine that began twice. */
async function measureKilled(): Promise<Row[]> {
  const random = createSeededRandom(23);
  const careful = { lost: 0, twice: 0 };
  const lrq = { lost: 0, twice: 0 };
  for (let seed = 0; seed < KILLS; seed += 1) {
    const killedAfterMs = between(random, [0, 2 * MINUTE_MS]);
    const run = startCareful({ ...KILLED, seed });
    await run.clock.advanceTo(run.clock.nowMs() + killedAfterMs);
    run.kill();
    await run.clock.advanceTo(run.clock.nowMs() + SETTLED_MS);
    count(careful, run.tenant);
    const { world } = await load({ ...KILLED, seed, workers: 1 });
    world.start();
    await world.clock.advanceTo(world.clock.nowMs() + killedAfterMs);
    world.kill();
    await runUntil(world, SETTLED_MS, () => false);
    count(lrq, world.tenant);
  }
  const at = { setting: `${KILLS} runs of 20 machines, killed once`, unit: "" };
  return [
    row({ ...at, part: CAREFUL, measure: "machines lost", value: careful.lost }),
    row({ ...at, part: CAREFUL, measure: "machines done twice", value: careful.twice }),
    row({ ...at, part: "drain", measure: "machines lost", value: lrq.lost, bound: NONE }),
    row({ ...at, part: "drain", measure: "machines done twice", value: lrq.twice, bound: NONE }),
  ];
}

const NONE = { kind: "atMost", value: 0 } as const;

function count(sum: { lost: number; twice: number }, tenant: BenchTenant): void {
  sum.lost += KILLED.backlog.length - tenant.startedAtMs.size;
  sum.twice += tenant.starts.length - tenant.startedAtMs.size;
}

async function untilStarted({ tenant, clock }: CarefulRun, machines: number): Promise<void> {
  const untilMs = clock.nowMs() + 3 * DAY_MS;
  while (tenant.startedAtMs.size < machines && clock.nowMs() < untilMs) {
    await clock.advanceTo(clock.nowMs() + MINUTE_MS);
  }
}

function overLimit({ arrivals }: BenchTenant): number {
  return callsOverLimit(arrivals, SHIPPED.callsPerWindow, SHIPPED.windowMs);
}
