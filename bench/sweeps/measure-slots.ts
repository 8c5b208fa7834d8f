import { machinesOf } from "../drain/backlog.ts";
import { countWithin, possibleStarts } from "../drain/figures.ts";
import { urgentRows, urgentWaits } from "../drain/measure-urgent.ts";
import { overRow } from "../drain/over-row.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { atLeast, row, type Row } from "../table.ts";
import { createSweptWorld, MEAN_SESSION_MS } from "./swept-world.ts";

const MACHINES = 100_000;
const WORKERS = 4;
/** Until the machines are listed and the first wave has succeeded. */
const SETTLED_MS = 1_200_000;
const WINDOWS = 480;
const ARRIVALS = 150;

/** Slots that a round uses while nothing else waits, of those possible. */
export async function measureSweptSlots(): Promise<readonly Row[]> {
  const world = await createSweptWorld({
    seed: 13,
    workers: WORKERS,
    machineIds: machinesOf("slots", MACHINES),
    share: 1,
  });
  const { clock, tenant } = world;
  world.start();
  const fromMs = clock.nowMs() + SETTLED_MS;
  const untilMs = fromMs + WINDOWS * SHIPPED.windowMs;
  await clock.advanceTo(untilMs);
  const at = { part: "sweeps", setting: "a round of 100,000 alone, share 1, eight hours" };
  const law = { ...SHIPPED, meanSessionMs: MEAN_SESSION_MS };
  return [
    row({
      ...at,
      measure: "slots used / possible",
      value: countWithin(tenant.starts, fromMs, untilMs) / possibleStarts(law, WINDOWS),
      unit: "x",
      bound: atLeast(0.97),
    }),
    overRow(world, at),
  ];
}

/** How long an urgent sequence waits beside an open round. */
export async function measureUrgentBeside(): Promise<readonly Row[]> {
  const world = await createSweptWorld({
    seed: 11,
    workers: WORKERS,
    machineIds: machinesOf("beside", MACHINES),
    share: 1,
  });
  world.start();
  const waitsSeconds = await urgentWaits(world, { arrivals: ARRIVALS, settledMs: SETTLED_MS });
  const at = {
    part: "sweeps",
    setting: `beside a round of 100,000, share 1, ${ARRIVALS} arrivals`,
  };
  return [...urgentRows(waitsSeconds, at), overRow(world, at)];
}
