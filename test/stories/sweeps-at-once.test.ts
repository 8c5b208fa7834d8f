import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostProcess } from "../../local/host-process.ts";
import { RIGHTS } from "../../shared/access/caller.ts";
import { roundAnswerSchema, type RoundAnswer } from "../../shared/api/sweep-answers.ts";
import { askingAt, type Asking, type Method } from "./asking.ts";
import { auditPageSchema } from "./answers.ts";
import { machine, machineId } from "./machines.ts";
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
  second = await stage.addHost();
  both = [stage, askingAt(() => second.url, stage.key, stage.log)];
});
afterAll(async () => await stage.close());

/**
 * How often each status came when the two hosts are asked the same at once. Who is told that others
 * write all the time asks again, as docs/api.md says.
 */
async function statusesOf(method: Method, path: string, body?: unknown, key = "hunter") {
  const asked = Array.from({ length: AT_ONCE }, async (_, index) => {
    const host = both[index % both.length] ?? stage;
    const { status } = await until(
      async () => await host.call(method, `sweeps/hosts${path}`, body, { key }),
      (answered) => answered.status !== 503,
      (answered) => JSON.stringify(answered.body),
    );
    return status;
  });
  const counts: Record<number, number> = {};
  for (const status of await Promise.all(asked)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function readRound(): Promise<RoundAnswer> {
  const { body } = await stage.call("GET", "sweeps/hosts/rounds/1", undefined, { key: "hunter" });
  return roundAnswerSchema.parse(body);
}

async function roundUntil(holds: (round: RoundAnswer) => boolean): Promise<RoundAnswer> {
  return await until(readRound, holds, (round) => JSON.stringify(round, null, 1));
}

/** How often the log of the sweep has the event. */
async function told(event: string): Promise<number> {
  const sending = { key: "hunter" };
  const { body } = await stage.call("GET", "sweeps/hosts/audit", undefined, sending);
  return auditPageSchema.parse(body).records.filter((each) => each.event === event).length;
}

describe("fifty requests at once, on two hosts", () => {
  it("apply, start, stop and rerun a sweep once, and each machine is asked once a go", async () => {
    expect(await statusesOf("PUT", "", SWEEP)).toEqual({ 201: 1, 200: AT_ONCE - 1 });
    expect(await told("sweepApplied")).toBe(1);

    // While the queue is paused, what the round sends waits.
    await stage.call("POST", "pause", { reason: "a story" }, { key: "hunter" });
    expect(await statusesOf("POST", "/start")).toEqual({ 202: 1, 409: AT_ONCE - 1 });
    expect(await told("roundStarted")).toBe(1);
    await roundUntil(({ counts }) => counts.sent === NUMBERS.length);

    expect(await statusesOf("POST", "/rounds/1/stop")).toMatchObject({ 200: expect.anything() });
    expect(await told("roundClosed")).toBe(1);
    const stopped = await roundUntil(({ state }) => state === "ended");
    expect(stopped.counts.missed).toEqual({ cancelled: NUMBERS.length });
    await stage.call("POST", "resume", undefined, { key: "hunter" });

    expect(await statusesOf("POST", "/rounds/1/rerun", undefined, "stranger")).toEqual({
      404: AT_ONCE,
    });
    const again = await statusesOf("POST", "/rounds/1/rerun");
    expect(again[202]).toBeGreaterThan(0);
    expect(await told("roundRerun")).toBe(1);
    // Whoever of the two has begun it: the other one ends it.
    second.kill();
    const ended = await roundUntil(({ state }) => state === "ended");
    expect(ended.counts).toMatchObject({ reached: NUMBERS.length, missed: {} });
    const arrived = stage.simulator.arrivals().map((each) => each.machineId);
    expect(arrived.toSorted()).toEqual(NUMBERS.map(machineId).toSorted());
  });
});
