import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HostProcess } from "../../local/host-process.ts";
import { RIGHTS } from "../../shared/access/caller.ts";
import { askingAt, type Asking, type Method } from "./asking.ts";
import { auditPageSchema, runSchema } from "./answers.ts";
import { machine, machineId } from "./machines.ts";
import { areInItsRun, hasEnded, untilRound } from "./rounds.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

const AT_ONCE = 50;
const NUMBERS = [1, 2, 3, 4, 5, 6];
const SWEEP = {
  name: "hosts",
  title: "Local administrators of Linux",
  profiles: ["sweep-local-administrators-unix"],
  targets: { include: [{ platforms: ["linux"] }] },
  share: 1,
  firstWave: 0,
};
const CALLERS = [
  { name: "hunter", may: RIGHTS, key: hashed("hunter") },
  { name: "stranger", may: RIGHTS, key: hashed("stranger") },
];

let stage: Stage;
let second: HostProcess;
let both: readonly Asking[];
beforeAll(async () => {
  const linux = NUMBERS.map((number) => machine(number, { osPlatform: "Linux" }));
  stage = await openStage({ machines: linux, env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterAll(async () => await stage.close());
beforeEach(async () => {
  second = await stage.addHost();
  both = [stage, askingAt(() => second.url, stage.key, stage.log)];
});
afterEach(() => second.kill());

/**
 * How often each status came when the two hosts are asked the same at once. Who is told that others
 * write all the time asks again, as docs/api.md says.
 */
async function statusesOf(method: Method, path: string, body?: unknown, key = "hunter") {
  const asked = Array.from({ length: AT_ONCE }, async (_, index) => {
    const host = both[index % both.length] ?? stage;
    const { status } = await until(
      async () => await host.call(method, `sweeps/${path}`, body, { key }),
      (answered) => answered.status !== 503,
      (answered) => JSON.stringify(answered.body),
    );
    return status;
  });
  const counts: Record<number, number> = {};
  for (const status of await Promise.all(asked)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function read(path: string): Promise<unknown> {
  return (await stage.call("GET", path, undefined, { key: "hunter" })).body;
}

const first = (sweep: string) => ({ sweep, round: 1, key: "hunter" });
const areAllInItsRun = areInItsRun(NUMBERS.length);

/** How often the log of the sweep has the event. */
async function told(name: string, event: string): Promise<number> {
  const { records } = auditPageSchema.parse(await read(`sweeps/${name}/audit`));
  return records.filter((each) => each.event === event).length;
}

async function steerQueue(how: "pause" | "resume"): Promise<void> {
  const body = how === "pause" ? { reason: "a story" } : undefined;
  await stage.call("POST", how, body, { key: "hunter" });
}

describe("fifty requests at once, on two hosts", () => {
  it("apply, start, stop and rerun a sweep once, and each machine is asked once a go", async () => {
    expect(await statusesOf("PUT", "hosts", SWEEP)).toEqual({ 201: 1, 200: AT_ONCE - 1 });
    expect(await told("hosts", "sweepApplied")).toBe(1);

    // While the queue is paused, what the round sends waits.
    await steerQueue("pause");
    expect(await statusesOf("POST", "hosts/start")).toEqual({ 202: 1, 409: AT_ONCE - 1 });
    expect(await told("hosts", "roundStarted")).toBe(1);
    await untilRound(stage, first("hosts"), areAllInItsRun);

    expect(await statusesOf("POST", "hosts/rounds/1/stop")).toMatchObject({
      200: expect.anything(),
    });
    expect(await told("hosts", "roundClosed")).toBe(1);
    const stopped = await untilRound(stage, first("hosts"), hasEnded);
    expect(stopped.counts.missed).toEqual({ cancelled: NUMBERS.length });
    await steerQueue("resume");

    expect(await statusesOf("POST", "hosts/rounds/1/rerun", undefined, "stranger")).toEqual({
      404: AT_ONCE,
    });
    const again = await statusesOf("POST", "hosts/rounds/1/rerun");
    expect(again[202]).toBeGreaterThan(0);
    expect(await told("hosts", "roundRerun")).toBe(1);
    // Whoever of the two has begun it: the other one ends it.
    second.kill();
    const ended = await untilRound(stage, first("hosts"), hasEnded);
    expect(ended.counts).toMatchObject({ reached: NUMBERS.length, missed: {} });
    const arrived = stage.simulator.arrivals().map((each) => each.machineId);
    expect(arrived.toSorted()).toEqual(NUMBERS.map(machineId).toSorted());
  });

  it("preview a sweep alike, and delete it once, with all that its round has sent", async () => {
    expect(await statusesOf("PUT", "gone", { ...SWEEP, name: "gone" })).toMatchObject({ 201: 1 });
    expect(await statusesOf("POST", "gone/preview")).toEqual({ 200: AT_ONCE });
    expect(await statusesOf("POST", "gone/preview", undefined, "stranger")).toEqual({
      404: AT_ONCE,
    });

    await steerQueue("pause");
    expect(await statusesOf("POST", "gone/start")).toMatchObject({ 202: 1 });
    const { runs } = await untilRound(stage, first("gone"), areAllInItsRun);
    expect(await statusesOf("DELETE", "gone", undefined, "stranger")).toEqual({ 404: AT_ONCE });
    expect(await statusesOf("DELETE", "gone")).toMatchObject({ 200: 1 });
    const counts = runs.map(async (id) => runSchema.parse(await read(`runs/${id}`)).counts);
    const [only, ...others] = await Promise.all(counts);
    expect([only?.cancelled, only?.total, others]).toEqual([NUMBERS.length, NUMBERS.length, []]);
    expect(await told("gone", "sweepDeleted")).toBe(1);
    await steerQueue("resume");
  });
});
