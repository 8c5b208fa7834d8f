import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "./faults.ts";
import type { ProfileName } from "./profiles.ts";
import {
  CALM_TENANT,
  machineIdOf,
  SHIPPED,
  steadyMachine,
  UNGUARDED,
  type Interruption,
  type Scenario,
} from "./scenario.ts";
import { simulate } from "./simulate.ts";

/** Of calls since there is something to decide; beyond these a course only waits for its end. */
const CALLS = { resumeRun: 40, approve: 80, cancel: 60 } as const;
const SEND = { incidentId: "case", idempotencyKey: null, copies: 1 } as const;
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe("what somebody decides right before any one call", () => {
  it.each([true, false])(
    "lets all of a run go that has paused itself, if it is resumed (and who resumes dies: %s)",
    async (dies) => {
      const came = await atEveryCall(pausing(), (atCall) => {
        return { kind: "resumeRun", incidentId: "case", atCall, dies };
      });
      expect(came.broken).toEqual([]);
      // None of the seven is kept back by what was decided before.
      expect(came.actions).toEqual(new Set([7]));
    },
  );

  it.each([true, false])(
    "lets exactly what was approved go, while the run grows and ends (and who approves dies: %s)",
    async (dies) => {
      const who = { by: "ann", objectId: "person-1" };
      const came = await atEveryCall(growing(), (atCall) => {
        return { kind: "approve", incidentId: "case", atCall, who, dies };
      });
      expect(came.broken).toEqual([]);
      // In time for all of them, and too late for the older two.
      expect(came.actions).toContain(4);
      expect(came.actions).toContain(2);
    },
  );

  it("ends all of a run that is cancelled", async () => {
    const came = await atEveryCall(pausing(), (atCall) => {
      return { kind: "cancel", incidentId: "case", atCall };
    });
    expect(came.broken).toEqual([]);
  });
});

/** What broke, and how many actions there were, over all calls at which it was decided. */
async function atEveryCall(
  course: Scenario,
  deciding: (atCall: number) => Interruption,
): Promise<{ broken: string[]; actions: Set<number> }> {
  const broken: string[] = [];
  const actions = new Set<number>();
  for (const atCall of numbers(CALLS[deciding(1).kind])) {
    const { violation, world } = await simulate({ ...course, interruptions: [deciding(atCall)] });
    if (violation !== null) broken.push(`${atCall}: ${violation.invariant}, ${violation.detail}`);
    actions.add(world.tenant.actions.length);
  }
  return { broken, actions };
}

/** Twelve machines, of which five are no longer there: enough to pause the run. */
function pausing(): Scenario {
  const machines = numbers(12).map((number) => machine(number, number <= 5));
  const machineIds = machines.map((each) => each.machineId);
  return {
    ...course(machines, 600_000),
    policy: { first: 3, above: 20, maxFailedShare: 0.5 },
    arrivals: [{ ...SEND, atMs: 1_000, profile: "sweep-file" satisfies ProfileName, machineIds }],
  };
}

function machine(number: number, isGone: boolean): Scenario["machines"][number] {
  return { ...steadyMachine(number), goneAtMs: isGone ? 0 : null };
}

/** Two machines that have to be approved, and two that join them when their time is half over. */
function growing(): Scenario {
  const profile = "signed-look" satisfies ProfileName;
  const machines = numbers(4).map(steadyMachine);
  const [first, all] = [2, 4].map((count) => numbers(count).map(machineIdOf));
  return {
    ...course(machines, 90_000),
    approvalMs: 60_000,
    arrivals: [
      { ...SEND, atMs: 1_000, profile, machineIds: first ?? [] },
      { ...SEND, atMs: 40_000, profile, machineIds: all ?? [] },
    ],
  };
}

function course(machines: Scenario["machines"], expiryMs: number): Scenario {
  return {
    seed: 7,
    profile: "calm",
    limits: { ...SHIPPED, maxSessions: 4 },
    ...UNGUARDED,
    lingerMs: 30_000,
    expiryMs,
    hosts: 2,
    pollEveryMs: 15_000,
    pollsOverlap: true,
    machines,
    arrivals: [],
    operations: [],
    foreign: [],
    tenant: { ...CALM_TENANT, maxSessions: 50, commandMs: [2_000, 6_000] },
    healAtMs: 0,
    rates: NO_FAULTS,
  };
}
