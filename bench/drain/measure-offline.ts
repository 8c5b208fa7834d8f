import { SHIPPED } from "../shipped-limits.ts";
import { atMost, row, type Row } from "../table.ts";
import { machinesOf } from "./backlog.ts";
import { idealUntilDone } from "./ideal.ts";
import { overRow } from "./over-row.ts";
import { load, runUntil } from "./run-virtual.ts";
import { lengthOf, PENDING_MS } from "./actions.ts";
import type { VirtualWorld } from "./virtual-world.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const SEQUENCES = 1_000;
const OFFLINE = 400;
/** What an ideal queue cannot reach is not asked for, but to be near it. */
const NEAR = atMost(1.1);
const MEASURE = "time for the online / without the offline";

/** Four of ten machines are offline, and nobody knows which: what that costs the others. */
export async function measureOffline(): Promise<readonly Row[]> {
  return [...(await measureWith(6, 1.1)), ...(await measureWith(4, null))];
}

async function measureWith(meanMinutes: number, most: number | null): Promise<readonly Row[]> {
  const meanMs = meanMinutes * MINUTE_MS;
  const sessionMs = [meanMs / 2, meanMs * 1.5] as const;
  const all = machinesOf("m", SEQUENCES);
  // By their ids, which are hashes: anywhere in the order in which they were accepted.
  const offline = new Set(all.toSorted().slice(0, OFFLINE));
  const online = all.filter((each) => !offline.has(each));
  const isOffline = (machineId: string) => offline.has(machineId);
  const untilDone = async (machineIds: readonly string[]) => {
    const options = { sessionMs, seed: 17, workers: 4, backlog: machineIds, isOffline };
    const { world } = await load(options);
    return { world, tookMs: await timeUntilDone(world, online) };
  };
  const alone = await untilDone(online);
  const together = await untilDone(all);
  const lengthsMs = (machineIds: readonly string[]) =>
    machineIds.map((each) => (isOffline(each) ? null : lengthOf(each, sessionMs)));
  const ideal = (machineIds: readonly string[]) =>
    idealUntilDone(lengthsMs(machineIds), PENDING_MS[1], SHIPPED);
  const shares = `${OFFLINE} of ${SEQUENCES.toLocaleString("en")} machines offline`;
  const setting = `${shares}, sessions of ${meanMinutes} min`;
  const at = { part: "drain", setting };
  const value = together.tookMs / alone.tookMs;
  const bound = most === null ? {} : { bound: atMost(most) };
  const best = ideal(all) / ideal(online);
  return [
    row({ ...at, measure: MEASURE, value, unit: "x", ...bound }),
    row({ ...at, measure: "the same of an ideal queue", value: best, unit: "x" }),
    row({
      ...at,
      measure: "the one against the other",
      value: value / best,
      unit: "x",
      bound: NEAR,
    }),
    overRow(together.world, at),
  ];
}

/** Until the last of these machines has ended. */
async function timeUntilDone(world: VirtualWorld, wanted: readonly string[]): Promise<number> {
  world.start();
  const beganAtMs = world.clock.nowMs();
  const { endsAtMs } = world.tenant;
  await runUntil(world, 3 * DAY_MS, () => endsAtMs.size >= wanted.length);
  return Math.max(...wanted.map((each) => endsAtMs.get(each) ?? Infinity)) - beganAtMs;
}
