import { machinesOf } from "../drain/backlog.ts";
import { countsNow, workRequests } from "../drain/run-virtual.ts";
import { endedIn } from "../../shared/sweep/round.ts";
import { atMost, row, type Row } from "../table.ts";
import { theRound } from "./one-sweep.ts";
import { createQuickWorld } from "./quick-world.ts";
import { createSweptWorld } from "./swept-world.ts";

const ROUNDS = [100, 10_000, 100_000] as const;
/** What a definition has that says nothing of it. */
const SHARE = 0.5;
/** Machines of the round that is also drained and watched. */
const DRAINED = 300;
/** Most ticks after a listing: of a round of 100,000, which takes two weeks, the first 40 hours. */
const TICKS_MAX = 2_400;

/** What a sweep asks of the ledger for each machine, over whole rounds. */
export async function measureRequests(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const each: number[] = [];
  for (const machines of ROUNDS) {
    const value = await requestsOf(machines);
    each.push(value);
    const setting = `a round of ${machines.toLocaleString("en")}, share ${SHARE}`;
    const measure = "storage requests of the sweep per machine";
    rows.push(row({ part: "sweeps", measure, setting, value, unit: "", bound: atMost(4.5) }));
  }
  const [small = Number.NaN] = each;
  return [
    ...rows,
    row({
      part: "sweeps",
      measure: "storage requests of the sweep per machine, the most against 100",
      setting: "rounds of 100, 10,000 and 100,000",
      value: Math.max(...each) / small,
      unit: "x",
      bound: atMost(1.2),
    }),
    ...(await measureDrained()),
  ];
}

/**
 * The listing is shared by all machines; what comes after it by those that have ended. So a round
 * that is not measured to its end costs as much as its part does.
 */
async function requestsOf(machines: number): Promise<number> {
  const world = await createQuickWorld({ machineIds: machinesOf("s", machines), share: SHARE });
  while ((await world.round()).listedAtMs === null) await world.tick();
  const listed = world.requests();
  for (let ticks = 0; ticks < TICKS_MAX; ticks += 1) {
    await world.tick();
    if ((await world.round()).state === "ended") break;
  }
  const { counts } = await world.round();
  if (counts.targeted !== machines) throw new Error(`${counts.targeted} machines were listed`);
  return listed / machines + (world.requests() - listed) / endedIn(counts);
}

/** The same with everything that a sequence costs beside, of a round that is really drained. */
async function measureDrained(): Promise<readonly Row[]> {
  const options = { seed: 5, workers: 4, machineIds: machinesOf("drained", DRAINED), share: SHARE };
  const world = await createSweptWorld(options);
  const before = countsNow(world);
  world.start();
  while ((await theRound(world.ledger)).state !== "ended") {
    await world.clock.advanceTo(world.clock.nowMs() + 60_000);
  }
  const sweep = world.spent.sweep / DRAINED;
  const drain = workRequests(world, before) / DRAINED;
  const at = { part: "sweeps", setting: `a whole round of ${DRAINED}, share ${SHARE}, drained` };
  return [
    row({ ...at, measure: "storage requests of the sweep per machine", value: sweep, unit: "" }),
    row({ ...at, measure: "those of drain, poll and queue", value: drain, unit: "" }),
    row({ ...at, measure: "together", value: sweep + drain, unit: "" }),
  ];
}
