import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostProcess } from "../../local/host-process.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { askingAt } from "./asking.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const HOSTS = 4;
const INCIDENTS = 3;
const MACHINES_EACH = 10;
const KILLS = 8;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: machines(INCIDENTS * MACHINES_EACH),
    // A waiting collector is rung again after twenty polls, a dead driver's promise lapses, the
    // guard runs out: all that in seconds.
    env: { SUBMISSION_GUARD_SECONDS: "6", CALL_TIMEOUT_SECONDS: "2" },
  });
});
afterAll(async () => await stage.close());

describe("four hosts that are killed at random, and started again", () => {
  it("run every sequence once, and store every result once", async () => {
    const random = createSeededRandom(4);
    const hosts: HostProcess[] = [];
    for (let host = 0; host < HOSTS; host += 1) hosts.push(await stage.addHost());
    // The first host of the stage is left alone, so that there is always one to ask.
    const accepted = await Promise.all(
      Array.from({ length: INCIDENTS }, async (_, index) => {
        const body = incident(`chaos-${index}`, numbers(1 + index * MACHINES_EACH));
        return await stage.accept("generic", body);
      }),
    );
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pass(300 + random.fraction() * 1_200);
      const victim = Math.floor(random.fraction() * hosts.length);
      hosts[victim]?.kill();
      hosts[victim] = await stage.addHost();
    }
    const asking = askingAt(() => stage.url, stage.key, stage.log);
    for (const { runId } of accepted) {
      const run = await asking.untilFinished(runId);
      expect(run.counts).toMatchObject({ total: MACHINES_EACH, succeeded: MACHINES_EACH });
      expect((await stage.manifest(runId)).entries).toHaveLength(2 * MACHINES_EACH);
    }
    const machineIds = stage.simulator.actions().map((action) => action.machineId);
    expect(new Set(machineIds).size).toBe(INCIDENTS * MACHINES_EACH);
    expect(machineIds).toHaveLength(INCIDENTS * MACHINES_EACH);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

function numbers(first: number): number[] {
  return Array.from({ length: MACHINES_EACH }, (_, index) => first + index);
}
