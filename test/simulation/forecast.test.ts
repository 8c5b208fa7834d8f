import { reading } from "../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import type { RunView } from "../../shared/workflow/view/run-view.ts";
import { NO_FAULTS } from "./faults.ts";
import {
  CALM_TENANT,
  SHIPPED,
  SHIPPED_LINGER_MS,
  steadyMachine,
  UNGUARDED,
  type Scenario,
  type ScenarioMachine,
} from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import type { World } from "./world.ts";

const MINUTE_MS = 60_000;
const BACKLOG = 200;
const FOREVER_MS = 86_400_000;

describe("the estimated start of what waits", () => {
  it.each([
    ["calls bind: sessions of a minute", [20_000, 20_001], 50, 3],
    ["calls bind: the same, later in the backlog", [20_000, 20_001], 50, 10],
    ["sessions bind: of four minutes and more", [240_000, 240_001], 25, 12],
    ["sessions bind: the same, later in the backlog", [240_000, 240_001], 25, 20],
  ] as const)("is right within a fifth for nine of ten when %s", async (...given) => {
    const [, commandMs, maxSessions, minutes] = given;
    const limits = { ...SHIPPED, maxSessions };
    const tenant = { ...CALM_TENANT, commandMs, maxSessions };
    const readings = [minutes * MINUTE_MS];
    const { outcome, views } = await forecast({ ...day(), limits, tenant }, readings);
    expect(outcome.violation).toBeNull();
    const errors = views.flatMap((view) => relativeErrors(view, outcome, minutes * MINUTE_MS));
    expect(errors.length).toBeGreaterThan(30);
    expect(errors[Math.floor(errors.length * 0.9)]).toBeLessThan(0.2);
  });

  it("is right within a fifth for nine of ten when four of ten machines are offline", async () => {
    const commandMs = [240_000, 240_001] as const;
    const { machines, ...others } = day(400);
    const away = machines.map((each, at) => (at % 5 < 2 ? offlineMachine(each) : each));
    const tenant = { ...CALM_TENANT, commandMs };
    const scenario = {
      ...others,
      machines: away,
      tenant,
      expiryMs: 7_200_000,
      pollEveryMs: 15_000,
    };
    const readings = [15, 20, 25, 30].map((minutes) => minutes * MINUTE_MS);
    const { outcome, views } = await forecast(scenario, readings);
    expect(outcome.violation).toBeNull();
    const errors = views.flatMap((view, at) => relativeErrors(view, outcome, readings[at] ?? 0));
    errors.sort((a, b) => a - b);
    expect(errors.length).toBeGreaterThan(400);
    expect(errors[Math.floor(errors.length * 0.9)]).toBeLessThan(0.2);
  });

  it("is the later the further back its place is, and the places are counted from one", async () => {
    const { views } = await forecast(day(), [3 * MINUTE_MS]);
    const waits = (views[0]?.sequences ?? []).flatMap(({ state, waits }) =>
      state === "waiting" && waits !== null ? [waits] : [],
    );
    expect(waits.length).toBeGreaterThan(100);
    const ranked = waits.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
    expect(ranked.map((each) => each.position)).toEqual(ranked.map((_, index) => index + 1));
    const starts = ranked.map((each) => Date.parse(each.estimatedStart ?? ""));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });
});

/** Runs a day, and looks at the run of its one incident at each of these times after the start. */
async function forecast(
  scenario: Scenario,
  readAtMs: readonly number[],
): Promise<{ outcome: Outcome; views: readonly RunView[] }> {
  const readings: Promise<RunView | null>[] = [];
  const readRun = async ({ memory, clock, hostRandom }: World): Promise<RunView | null> => {
    const key = memory.rows().find((row) => row.key.startsWith("run!"))?.key ?? "";
    return await describeRun(
      { ledger: memory, clock, random: hostRandom },
      scenario.limits,
      key.slice(4),
      reading(),
    );
  };
  let planned = false;
  const outcome = await simulate(scenario, {
    wrap: (ports, world) => {
      if (!planned) {
        planned = true;
        for (const atMs of readAtMs) {
          world.clock.at(world.startMs + atMs, () => {
            readings.push(readRun(world));
          });
        }
      }
      return ports;
    },
  });
  const views = (await Promise.all(readings)).filter((view) => view !== null);
  if (views.length < readAtMs.length) throw new Error("there was no run to look at");
  return { outcome, views };
}

/** How far off each estimate was, as a share of the wait it spoke of; smallest first. */
function relativeErrors(view: RunView, { world }: Outcome, atMs: number): number[] {
  // The first of each machine: one that was offline is tried again.
  const actions = world.tenant.actions.toReversed();
  const startOf = new Map(actions.map((each) => [each.machineId, each.createdAtMs]));
  const nowMs = world.startMs + atMs;
  const errors = view.sequences.flatMap(({ machineId, waits }) => {
    const actualMs = startOf.get(machineId);
    const estimate = waits?.estimatedStart ?? null;
    if (actualMs === undefined || estimate === null) return [];
    return [Math.abs(Date.parse(estimate) - actualMs) / (actualMs - nowMs)];
  });
  return errors.sort((a, b) => a - b);
}

function offlineMachine(machine: ScenarioMachine): ScenarioMachine {
  return { ...machine, offline: [[0, FOREVER_MS]] };
}

function day(backlog = BACKLOG): Scenario {
  const machines = Array.from({ length: backlog }, (_, at) => steadyMachine(at + 1));
  const machineIds = machines.map((each) => each.machineId);
  const known = { incidentId: "s", idempotencyKey: null, copies: 1 } as const;
  return {
    seed: 7,
    profile: "calm",
    limits: SHIPPED,
    ...UNGUARDED,
    lingerMs: SHIPPED_LINGER_MS,
    expiryMs: 36_000_000,
    hosts: 2,
    pollEveryMs: 5_000,
    pollsOverlap: false,
    machines,
    arrivals: [{ ...known, atMs: 0, profile: "sweep-file", machineIds }],
    operations: [],
    foreign: [],
    tenant: CALM_TENANT,
    healAtMs: 0,
    rates: NO_FAULTS,
  };
}
