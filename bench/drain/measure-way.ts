import { SHIPPED } from "../shipped-limits.ts";
import { atMost, row, type Row } from "../table.ts";
import { lengthOf, PENDING_MS } from "./actions.ts";
import { acceptIncident, machinesOf } from "./backlog.ts";
import { callsOverLimit, percentile } from "./figures.ts";
import { idealUntilDone } from "./ideal.ts";
import { load, runUntil } from "./run-virtual.ts";

const SESSION_MS = [30_000, 90_000] as const;
const DAY_MS = 86_400_000;
const REST_MS = 600_000;
const PROFILE = "sweep-file";
const SMALL = { machines: 25, incidents: 21 };
const LARGE = { machines: 500, incidents: 3 };

/** From the webhook to the last file stored, of small incidents and of large ones. */
export async function measureWay(): Promise<readonly Row[]> {
  return [...(await measureSome(SMALL)), ...(await measureSome(LARGE))];
}

async function measureSome({ machines, incidents }: typeof SMALL): Promise<Row[]> {
  const ways: Way[] = [];
  for (let number = 0; number < incidents; number += 1) {
    ways.push(await wayOf(machinesOf(`incident ${number}`, machines), number));
  }
  const setting = `${machines} machines, a file each; the median of ${incidents} incidents`;
  const at = { part: "drain", setting };
  const median = (value: (way: Way) => number) => percentile(ways.map(value), 0.5);
  return [
    row({
      ...at,
      measure: "webhook to last evidence / ideal queue",
      value: median(({ tookMs, idealMs }) => tookMs / idealMs),
      unit: "x",
      bound: atMost(1.1),
    }),
    row({
      ...at,
      measure: "webhook to last evidence",
      value: median(({ tookMs }) => tookMs) / 1_000,
      unit: "s",
    }),
    row({
      ...at,
      measure: "calls over the limit",
      value: Math.max(...ways.map(({ over }) => over)),
      unit: "",
      bound: atMost(0),
    }),
  ];
}

interface Way {
  readonly tookMs: number;
  /** A queue that knows when an action has ended, and has its file at once. */
  readonly idealMs: number;
  readonly over: number;
}

/** Of an app that has been at work before: a new one starts one sequence and waits for a list. */
async function wayOf(machineIds: readonly string[], seed: number): Promise<Way> {
  const backlog = machinesOf("the first", 1);
  const options = { seed, workers: 2, backlog, sessionMs: SESSION_MS, profile: PROFILE } as const;
  const { world } = await load(options);
  const { clock, storedAtMs, tenant } = world;
  world.start();
  await clock.advanceTo(clock.nowMs() + REST_MS + seed * 1_000);
  const beganAtMs = clock.nowMs();
  const asked = { incidentId: "the second", machineIds, profile: PROFILE } as const;
  void acceptIncident(world.ports("accept"), SHIPPED, asked);
  await runUntil(world, DAY_MS, () => storedAtMs.length > machineIds.length);
  const lengthsMs = machineIds.map((each) => lengthOf(each, SESSION_MS));
  return {
    tookMs: (storedAtMs[machineIds.length] ?? Number.NaN) - beganAtMs,
    idealMs: idealUntilDone(lengthsMs, PENDING_MS[1], SHIPPED),
    over: callsOverLimit(tenant.arrivals, SHIPPED.callsPerWindow, SHIPPED.windowMs),
  };
}
