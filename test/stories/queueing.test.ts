import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { incident, machine, machineId, machines, OFFLINE_HOLDS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/** No more can be at Defender before the machines come back that have them. */
const SESSIONS = 10;
/** Calls of a window, which leave together. */
const WINDOW = 10;

let stage: Stage;
beforeAll(async () => {
  const many = numbers(1_000, 500).map((number) => machine(number));
  const env = { ...OFFLINE_HOLDS, DEFENDER_MAX_SESSIONS: String(SESSIONS) };
  stage = await openStage({ machines: [...machines(60), ...many], env });
});
afterAll(async () => await stage.close());

const numbers = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);
const setOffline = (all: readonly number[], offline: boolean) => {
  for (const number of all) stage.simulator.setOffline(machineId(number), offline);
};
const graded = (severity: string) => ({ incident: { id: `graded ${severity}`, severity } });

describe("many machines waiting", () => {
  it("do not hold up an urgent incident: it goes before those that came first", async () => {
    const before = stage.simulator.arrivals().length;
    setOffline(numbers(1, 40), true);
    const many = { ...incident("many", numbers(1, 40)), ...graded("medium") };
    const low = await stage.accept("generic", many);
    await stage.until(low.runId, ({ counts }) => counts.submitted === SESSIONS);
    const urgent = { ...incident("urgent", numbers(50, 5)), ...graded("critical") };
    const high = await stage.accept("generic", urgent);
    setOffline(numbers(1, 40), false);
    await stage.untilFinished(high.runId);
    await stage.untilFinished(low.runId);
    const arrivals = stage.simulator.arrivals().slice(before);
    const order = arrivals.map((arrival) => arrival.machineId);
    const lastUrgent = Math.max(
      ...numbers(50, 5).map((number) => order.indexOf(machineId(number))),
    );
    expect(order).toHaveLength(45);
    expect(lastUrgent).toBeLessThan(SESSIONS + WINDOW);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

describe("two incidents that name one machine", () => {
  it("have it one after the other, and the second says that another run has it", async () => {
    setOffline([46], true);
    const first = await stage.accept("generic", incident("first on it", [46]));
    await stage.until(first.runId, ({ counts }) => counts.submitted === 1);
    const second = await stage.accept("generic", incident("second on it", [46]));
    const waiting = await stage.until(
      second.runId,
      ({ sequences }) => sequences[0]?.waits?.code === "machineHeld",
    );
    // Not which one: it may be the run of another team.
    const { detail } = waiting.sequences[0]?.waits ?? {};
    expect(detail).toBe("A sequence of another run holds the machine.");
    setOffline([46], false);
    for (const { runId } of [first, second]) {
      expect((await stage.untilFinished(runId)).counts.succeeded).toBe(1);
    }
    const onIt = stage.simulator.actions().filter((each) => each.machineId === machineId(46));
    expect(onIt).toHaveLength(2);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

describe("an incident of five hundred machines", () => {
  it("is accepted whole, in the order it named them, and can be cancelled whole", async () => {
    await stage.call("POST", "pause", { reason: "only accepting" });
    const body = incident("five hundred", numbers(1_000, 500));
    const { runId, sequences } = await stage.accept("generic", body);
    expect(sequences.map((each) => each.machineId)).toEqual(numbers(1_000, 500).map(machineId));
    const run = await stage.run(runId);
    expect(run).toMatchObject({ state: "running", counts: { total: 500, waiting: 500 } });
    expect(run.sequences.every(({ waits }) => waits?.code === "paused")).toBe(true);
    const isPlaced = ({ waits }: (typeof run.sequences)[number]) => waits?.position !== null;
    const placed = await stage.until(runId, ({ sequences: all }) => all.every(isPlaced));
    const positions = placed.sequences.map(({ waits }) => waits?.position ?? 0);
    expect(positions.toSorted((a, b) => a - b)).toEqual(numbers(1, 500));

    const cancelled = await stage.call("POST", `runs/${runId}/cancel`);
    expect(cancelled.body).toEqual({ ended: 500, asked: 0, alreadyOver: 0, setAside: 0 });
    expect((await stage.run(runId)).state).toBe("finished");
    await stage.call("POST", "resume");
  });
});
