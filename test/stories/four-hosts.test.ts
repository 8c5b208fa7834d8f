import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostProcess } from "../../local/host-process.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { askingAt } from "./asking.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";
import { answeredSequences, postedSequences, untilArrived } from "./traces.ts";

const HOSTS = 4;
const INCIDENTS = 3;
const MACHINES_EACH = 10;
const MACHINES = INCIDENTS * MACHINES_EACH + 1;
const KILLS = 8;
/** All that one window lets go: answers that nobody lives to hear, held back for ten minutes. */
const NO_ANSWER = { on: "submit", fault: "slow-after", seconds: 36_000, times: 10 } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: machines(MACHINES),
    // A waiting collector is rung again after twenty polls, a dead driver's promise lapses, the
    // guard runs out: all that in seconds.
    env: { SUBMISSION_GUARD_SECONDS: "6", CALL_TIMEOUT_SECONDS: "4" },
  });
});
afterAll(async () => await stage.close());

describe("four hosts that are killed at random, and started again", () => {
  it("run every sequence once, and store every result once", async () => {
    const random = createSeededRandom(4);
    // An app that was never given a list starts one sequence only: this one brings the first list.
    const first = await stage.accept("generic", incident("first", [MACHINES]));
    await stage.untilFinished(first.runId);
    stage.simulator.addFault(NO_ANSWER);
    const hosts = await startHosts();
    // The first host hangs meanwhile: what is done, those do that are killed.
    stage.host.freeze();
    const there = askingAt(() => hosts[0]?.url ?? "", stage.key, stage.log);
    const accepted = await Promise.all(
      Array.from({ length: INCIDENTS }, async (_, index) => {
        const body = incident(`chaos-${index}`, numbers(1 + index * MACHINES_EACH));
        return await there.accept("generic", body);
      }),
    );
    await untilArrived(stage.simulator, 2);
    for (const host of hosts) host.kill();
    const [, ...cutOff] = postedSequences(stage.simulator);
    expect(cutOff).not.toEqual([]);
    hosts.splice(0, HOSTS, ...(await startHosts()));
    for (let kill = 0; kill < KILLS; kill += 1) {
      const victim = Math.floor(random.fraction() * hosts.length);
      hosts[victim]?.kill();
      const [started] = await Promise.all([stage.addHost(), pass(300 + random.fraction() * 1_200)]);
      hosts[victim] = started;
    }
    await untilArrived(stage.simulator, 1 + cutOff.length + 1);
    stage.host.thaw();
    for (const { runId } of accepted) {
      const run = await stage.untilFinished(runId);
      expect(run.counts).toMatchObject({ total: MACHINES_EACH, succeeded: MACHINES_EACH });
      expect((await stage.manifest(runId)).entries).toHaveLength(2 * MACHINES_EACH);
    }
    // Nobody was left to hear the answers to those POSTs.
    expect(answeredSequences(stage.log).filter((each) => cutOff.includes(each))).toEqual([]);
    const machineIds = stage.simulator.actions().map((action) => action.machineId);
    expect(new Set(machineIds).size).toBe(MACHINES);
    expect(machineIds).toHaveLength(MACHINES);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

async function startHosts(): Promise<HostProcess[]> {
  return await Promise.all(Array.from({ length: HOSTS }, async () => await stage.addHost()));
}

function numbers(first: number): number[] {
  return Array.from({ length: MACHINES_EACH }, (_, index) => first + index);
}
