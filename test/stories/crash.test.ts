import { afterEach, describe, expect, it } from "vitest";
import { verifyChain } from "../../shared/evidence/custody.ts";
import type { FaultPlan } from "../../local/defender-simulator/fault-plan.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage | null = null;
afterEach(async () => await stage?.close());

const NUMBERS = [1, 2, 3, 4];

async function crashing(faults: FaultPlan): Promise<Stage> {
  // Short time-outs, so that what a dead host left open is soon looked after.
  const env = { CALL_TIMEOUT_SECONDS: "1" };
  stage = await openStage({ machines: machines(4), faults, env });
  return stage;
}

async function crash({ host, restartHost }: Stage): Promise<void> {
  host.kill();
  await restartHost();
}

/** Every machine once at Defender, every result once in store, whatever happened in between. */
async function expectAllOnce({ simulator, ...asking }: Stage, runId: string): Promise<void> {
  const run = await asking.untilFinished(runId);
  expect(run.counts).toMatchObject({ total: 4, succeeded: 4 });
  const machineIds = simulator.actions().map((action) => action.machineId);
  expect(new Set(machineIds).size).toBe(4);
  expect(machineIds).toHaveLength(4);
  const { entries, head } = await asking.manifest(runId);
  expect(verifyChain(entries, { number: 8, hash: head })).toMatchObject({ kind: "ok" });
  for (const { sequenceId, commandIndex, sha256 } of entries) {
    expect((await asking.evidence(runId, sequenceId, commandIndex)).sha256).toBe(sha256);
  }
  expect(simulator.violations()).toEqual([]);
}

describe("a host that is killed", () => {
  it("between its POSTs and their answers finds the actions again after its start", async () => {
    const on = await crashing([{ on: "submit", fault: "slow-after", seconds: 120, times: 4 }]);
    const { runId } = await on.accept("generic", incident("mid-post", NUMBERS));
    await on.until(runId, () => on.simulator.arrivals().length === 4);
    await crash(on);
    await expectAllOnce(on, runId);
    expect(on.simulator.arrivals()).toHaveLength(4);
  });

  it("while Defender works goes on where it was", async () => {
    const on = await crashing([]);
    const { runId } = await on.accept("generic", incident("mid-run", NUMBERS));
    await on.until(runId, (run) => run.counts.submitted === 4);
    await crash(on);
    await expectAllOnce(on, runId);
  });

  it("while it downloads leaves no half result, and the queue's next delivery completes it", async () => {
    const on = await crashing([{ on: "download", fault: "slow", seconds: 120, times: 2 }]);
    const { runId, sequences } = await on.accept("generic", incident("mid-download", NUMBERS));
    await on.until(runId, () => (on.simulator.reads()["link"] ?? 0) > 0);
    await crash(on);
    for (const { sequenceId } of sequences) {
      await on.until(runId, (run) => run.counts.succeeded === 4);
      await on.redeliverCollect(sequenceId);
    }
    await expectAllOnce(on, runId);
  });
});
