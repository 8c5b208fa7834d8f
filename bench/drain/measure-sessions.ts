import { atLeast, atMost, row, type Row } from "../table.ts";
import { acceptIncident, machinesOf } from "./backlog.ts";
import { countWithin } from "./figures.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { measureOffline } from "./measure-offline.ts";
import { overRow } from "./over-row.ts";
import { load, runUntil } from "./run-virtual.ts";

const MINUTE_MS = 60_000;
/** Two to six minutes: 25 sessions allow 6.25 starts a minute, calls ten. */
const LONG_SESSION_MS = [2 * MINUTE_MS, 6 * MINUTE_MS] as const;
const POSSIBLE_A_MINUTE = 25 / 4;
/** By then every session is taken, and the first have ended. */
const FILLED_MS = 15 * MINUTE_MS;
const MEASURED_MS = 120 * MINUTE_MS;
const SEQUENCES = 1_000;
const DAY_MS = 86_400_000;

/** Where sessions, not calls, are what is scarce. */
export async function measureSessions(): Promise<readonly Row[]> {
  return [...(await measureBound()), ...(await measureOffline()), ...(await measureParked())];
}

async function measureBound(): Promise<Row[]> {
  const backlog = machinesOf("m", SEQUENCES);
  const options = { seed: 13, workers: 4, backlog, sessionMs: LONG_SESSION_MS };
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

/** Offline machines are parked first; then comes work enough for an hour, and its polls count. */
async function measureParked(): Promise<Row[]> {
  const backlog = machinesOf("m", SEQUENCES);
  const parked = new Set(backlog);
  // Patience of a few seconds parks a thousand in two hours, and days keep them there.
  const limits = { ...SHIPPED, patienceMs: 20_000, offlineRetryMs: 3 * DAY_MS };
  const { world } = await load({
    seed: 19,
    workers: 4,
    backlog,
    sessionMs: LONG_SESSION_MS,
    isOffline: (machineId) => parked.has(machineId),
    limits,
  });
  const machineIds = machinesOf("online", 600);
  world.start();
  const { tenant, clock, counts } = world;
  await runUntil(world, DAY_MS, () => tenant.counts.cancels >= SEQUENCES - 25);
  const asked = { incidentId: "online", machineIds, profile: "sweep-put" } as const;
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
