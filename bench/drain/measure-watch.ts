import { reconcile } from "../../shared/workflow/operate/reconcile.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { atMost, row, type Row } from "../table.ts";
import { tickSweeps } from "../sweeps/one-sweep.ts";
import { acceptIncident, machinesOf } from "./backlog.ts";
import { percentile } from "./figures.ts";
import { load } from "./run-virtual.ts";
import type { VirtualWorld } from "./virtual-world.ts";

const PART = "drain";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** As functions/reconcile.ts has it: the other timer of the app. */
const RECONCILE_EVERY_MS = 30 * MINUTE_MS;
const SHORT_SESSION_MS = [30_000, 90_000] as const;
const INCIDENTS = 40;
const MACHINES_EACH = 25;
/** Long enough for each incident to end, and at another second of the timer's minute each time. */
const APART_MS = 15 * MINUTE_MS + 7_300;

/** What watching costs while nothing happens, and how soon it sees what has ended. */
export async function measureWatch(): Promise<readonly Row[]> {
  return [...(await measureIdle()), ...(await measureNoticing())];
}

/** With both timers, and all that they do. */
async function measureIdle(): Promise<Row[]> {
  const { world } = await load({
    seed: 31,
    workers: 1,
    backlog: [],
    sessionMs: SHORT_SESSION_MS,
    alsoAtTick: tickSweeps,
  });
  world.start();
  const reconciled = startReconciling(world);
  await world.clock.advanceTo(world.clock.nowMs() + DAY_MS);
  const at = { part: PART, setting: "nothing happens for a day" };
  const requests = Object.values(world.spent).reduce((sum, each) => sum + each, 0);
  const executions = world.counts.ticks + reconciled.times;
  return [
    row({ ...at, measure: "executions a day", value: executions, unit: "", bound: atMost(1_500) }),
    row({
      ...at,
      measure: "requests to the ledger a minute",
      value: requests / (DAY_MS / MINUTE_MS),
      unit: "",
      bound: atMost(10),
    }),
  ];
}

function startReconciling(world: VirtualWorld): { readonly times: number } {
  const { clock } = world;
  const reconciled = { times: 0 };
  const tick = (): void => {
    reconciled.times += 1;
    void reconcile(world.ports("poll"));
    clock.at(clock.nowMs() + RECONCILE_EVERY_MS, tick);
  };
  clock.at(clock.nowMs() + RECONCILE_EVERY_MS, tick);
  return reconciled;
}

/** Small incidents, each after everything before it has ended: the timer rests as each begins. */
async function measureNoticing(): Promise<Row[]> {
  const { world } = await load({ seed: 37, workers: 4, backlog: [], sessionMs: SHORT_SESSION_MS });
  const { clock, tenant, endedAtMs } = world;
  world.start();
  for (let number = 0; number < INCIDENTS; number += 1) {
    const machineIds = machinesOf(`incident ${number}`, MACHINES_EACH);
    const asked = { incidentId: `i-${number}`, machineIds, profile: "sweep-put" } as const;
    void acceptIncident(world.ports("accept"), SHIPPED, asked);
    await clock.advanceTo(clock.nowMs() + APART_MS);
  }
  const lateMs = [...tenant.endsAtMs].map(
    ([machineId, endMs]) => (endedAtMs.get(machineId) ?? Infinity) - endMs,
  );
  const setting = `${INCIDENTS} incidents of ${MACHINES_EACH}, each after a rest`;
  const at = { part: PART, setting, unit: "s" };
  return [
    row({
      ...at,
      measure: "until an ended action is noticed, p50",
      value: percentile(lateMs, 0.5) / 1_000,
      bound: atMost(10),
    }),
    row({
      ...at,
      measure: "until an ended action is noticed, p99",
      value: percentile(lateMs, 0.99) / 1_000,
      bound: atMost(20),
    }),
  ];
}
