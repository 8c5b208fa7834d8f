import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askingAt } from "./asking.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const MACHINES = 40;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ machines: machines(MACHINES) });
});
afterAll(async () => await stage.close());

describe("two hosts on one storage account", () => {
  it("share the tenant's limits, and run every machine once", async () => {
    const second = await stage.addHost();
    const other = askingAt(() => second.url, stage.key, stage.log);
    const accepted = await Promise.all([
      stage.accept("generic", incident("first", ten(1))),
      other.accept("generic", incident("second", ten(11))),
      stage.accept("generic", incident("third", ten(21))),
      other.accept("generic", incident("fourth", ten(31))),
    ]);
    for (const { runId } of accepted) {
      const run = await other.untilFinished(runId);
      expect(run.counts).toMatchObject({ total: 10, succeeded: 10 });
      expect((await stage.manifest(runId)).entries).toHaveLength(20);
    }
    const machineIds = stage.simulator.actions().map((action) => action.machineId);
    expect(new Set(machineIds).size).toBe(MACHINES);
    expect(machineIds).toHaveLength(MACHINES);
    expect(stage.simulator.arrivals().every(({ status }) => status === 201)).toBe(true);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

function ten(first: number): number[] {
  return Array.from({ length: 10 }, (_, index) => first + index);
}
