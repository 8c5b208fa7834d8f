import { atLeast, atMost, row, type Row } from "../table.ts";
import { acceptIncident, machineIdOf } from "./backlog.ts";
import { callsOverLimit, countWithin } from "./figures.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { load, runUntil, type Load } from "./run-virtual.ts";
import type { VirtualWorld } from "./virtual-world.ts";

const MINUTE_MS = 60_000;
/** Two to six minutes: 25 sessions allow 6.25 starts a minute, calls ten. */
const LONG_SESSION_MS = [2 * MINUTE_MS, 6 * MINUTE_MS] as const;
const POSSIBLE_A_MINUTE = 25 / 4;
/** By then every session is taken, and the first have ended. */
const FILLED_MS = 15 * MINUTE_MS;
const MEASURED_MS = 120 * MINUTE_MS;
const SEQUENCES = 1_000;
const DAY_MS = 86_400_000;
const ONLINE_OF_FIVE = 3;
const SHORT_PATIENCE_MS = 2 * MINUTE_MS;

/** Where sessions, not calls, are what is scarce. */
export async function measureSessions(): Promise<readonly Row[]> {
  return [...(await measureBound()), ...(await measureOffline()), ...(await measureParked())];
}

async function measureBound(): Promise<Row[]> {
  const options = { seed: 13, workers: 4, backlog: SEQUENCES, sessionMs: LONG_SESSION_MS };
  const { world } = await load(options);
  world.start();
  const fromMs = world.clock.nowMs() + FILLED_MS;
  await world.clock.advanceTo(fromMs + MEASURED_MS);
  const started = countWithin(world.tenant.starts, fromMs, fromMs + MEASURED_MS);
  const aMinute = started / (MEASURED_MS / MINUTE_MS);
  const at = { part: "drain", setting: "mean session 4 min, 25 sessions, 1,000 queued" };
  return [
    row({
      ...at,
      measure: "starts a minute / possible",
      value: aMinute / POSSIBLE_A_MINUTE,
      unit: "x",
      bound: atLeast(0.95),
    }),
    row({
      ...at,
      measure: "list calls per poll",
      value: world.tenant.counts.listCalls / world.counts.polls,
      unit: "",
      bound: atMost(1),
    }),
    row({
      ...at,
      measure: "POSTs refused for sessions",
      value: world.tenant.counts.overSessions,
      unit: "",
      bound: atMost(0),
    }),
    overRow(world, at),
  ];
}

async function measureOffline(): Promise<Row[]> {
  const all = Array.from({ length: SEQUENCES }, (_, number) => number);
  const online = new Set(
    all.filter((number) => number % 5 < ONLINE_OF_FIVE).map((number) => machineIdOf("m", number)),
  );
  const session = { sessionMs: LONG_SESSION_MS, seed: 17, workers: 4 };
  const isOffline = (machineId: string) => !online.has(machineId);
  const alone = await untilDone({ ...session, backlog: online.size }, null);
  const measured = async (patienceMs: number) => {
    const limits = { ...SHIPPED, patienceMs };
    return await untilDone({ ...session, backlog: SEQUENCES, isOffline, limits }, online);
  };
  const shipped = await measured(SHIPPED.patienceMs);
  const short = await measured(SHORT_PATIENCE_MS);
  const measure = "time for the online / without the offline";
  const at = { part: "drain", setting: "400 of 1,000 machines offline, sessions of 4 min" };
  const value = shipped.tookMs / alone.tookMs;
  return [
    row({ ...at, measure, value, unit: "x", bound: atMost(1.1) }),
    overRow(shipped.world, at),
    row({
      part: "drain",
      measure,
      setting: "the same, DEFENDER_PENDING_MINUTES 2",
      value: short.tookMs / alone.tookMs,
      unit: "x",
    }),
  ];
}

/** Until the last of these machines (all, when null) has ended. */
async function untilDone(
  options: Load,
  only: ReadonlySet<string> | null,
): Promise<{ tookMs: number; world: VirtualWorld }> {
  const { world, machineIds } = await load(options);
  const wanted = only === null ? machineIds : machineIds.filter((each) => only.has(each));
  world.start();
  const beganAtMs = world.clock.nowMs();
  const { endsAtMs } = world.tenant;
  await runUntil(world, 3 * DAY_MS, () => endsAtMs.size >= wanted.length);
  const lastMs = Math.max(...wanted.map((each) => endsAtMs.get(each) ?? Infinity));
  return { tookMs: lastMs - beganAtMs, world };
}

/** Offline machines are parked first; then comes work enough for an hour, and its polls count. */
async function measureParked(): Promise<Row[]> {
  const parked = new Set(
    Array.from({ length: SEQUENCES }, (_, number) => machineIdOf("m", number)),
  );
  // Patience of a few seconds parks a thousand in two hours, and days keep them there.
  const limits = { ...SHIPPED, patienceMs: 20_000, offlineRetryMs: 3 * DAY_MS };
  const { world } = await load({
    seed: 19,
    workers: 4,
    backlog: SEQUENCES,
    sessionMs: LONG_SESSION_MS,
    isOffline: (machineId) => parked.has(machineId),
    limits,
  });
  const machineIds = Array.from({ length: 600 }, (_, number) => machineIdOf("online", number));
  world.start();
  const { tenant, clock, counts } = world;
  await runUntil(world, DAY_MS, () => tenant.counts.cancels >= SEQUENCES - 25);
  const asked = { incidentId: "online", machineIds, lane: "sweep" } as const;
  void acceptIncident(world.ports("accept"), limits, asked);
  await clock.advanceTo(clock.nowMs() + FILLED_MS);
  const before = { lists: tenant.counts.listCalls, polls: counts.polls, atMs: clock.nowMs() };
  await clock.advanceTo(clock.nowMs() + 60 * MINUTE_MS);
  const lists = tenant.counts.listCalls - before.lists;
  const done = countWithin([...tenant.endsAtMs.values()], before.atMs, clock.nowMs());
  const at = { part: "drain", setting: `25 running, ${tenant.counts.cancels} parked` };
  return [
    row({
      ...at,
      measure: "list calls per poll",
      value: lists / (counts.polls - before.polls),
      unit: "",
      bound: atMost(1),
    }),
    row({ ...at, measure: "list calls per completed action", value: lists / done, unit: "" }),
    overRow(world, at),
  ];
}

function overRow({ tenant }: VirtualWorld, at: { part: string; setting: string }): Row {
  const value = callsOverLimit(tenant.arrivals, SHIPPED.callsPerWindow, SHIPPED.windowMs);
  return row({ ...at, measure: "calls over the limit", value, unit: "", bound: atMost(0) });
}
