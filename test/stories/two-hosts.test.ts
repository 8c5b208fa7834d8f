import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostProcess } from "../../local/host-process.ts";
import { askingAt, type Asking } from "./asking.ts";
import { incident, machineId, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const MACHINES = 50;

let stage: Stage;
let second: HostProcess;
let other: Asking;
beforeAll(async () => {
  stage = await openStage({ machines: machines(MACHINES) });
  second = await stage.addHost();
  other = askingAt(() => second.url, stage.key, stage.log);
});
afterAll(async () => await stage.close());

describe("two hosts on one storage account", () => {
  it.each([
    ["the second", () => stage.host, () => other, 1],
    ["the first", () => second, () => stage, 6],
  ])("leave all work to %s while the other hangs", async (_, hangs, asked, from) => {
    hangs().freeze();
    try {
      const of = numbers(from, 5);
      const { runId } = await asked().accept("generic", incident(`alone from ${from}`, of));
      expect((await asked().untilFinished(runId)).counts).toMatchObject({ total: 5, succeeded: 5 });
      expect((await asked().manifest(runId)).entries).toHaveLength(10);
    } finally {
      hangs().thaw();
    }
    expect(arrivalsOn(from, 5)).toHaveLength(5);
  });

  it("share the tenant's limits, and run every machine once", async () => {
    const accepted = await Promise.all([
      stage.accept("generic", incident("first", numbers(11, 10))),
      other.accept("generic", incident("second", numbers(21, 10))),
      stage.accept("generic", incident("third", numbers(31, 10))),
      other.accept("generic", incident("fourth", numbers(41, 10))),
    ]);
    for (const { runId } of accepted) {
      const run = await other.untilFinished(runId);
      expect(run.counts).toMatchObject({ total: 10, succeeded: 10 });
      expect((await stage.manifest(runId)).entries).toHaveLength(20);
    }
    expect(arrivalsOn(11, 40).toSorted()).toEqual(numbers(11, 40).map(machineId));
    const statuses = new Set(stage.simulator.arrivals().map(({ status }) => status));
    expect(statuses).toEqual(new Set([201]));
    expect(stage.simulator.violations()).toEqual([]);
  });
});

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The machines of the POSTs that came to Defender's door for so many from `first` on. */
function arrivalsOn(first: number, count: number): string[] {
  const ids = new Set(numbers(first, count).map(machineId));
  return stage.simulator
    .arrivals()
    .map((arrival) => arrival.machineId)
    .filter((id) => ids.has(id));
}
