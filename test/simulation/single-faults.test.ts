import { describe, expect, it } from "vitest";
import { BAD_ANSWERS } from "./bad-answers.ts";
import { FAULT_KINDS, NO_FAULTS, type Fault, type Method } from "./faults.ts";
import { CALM_TENANT, SHIPPED, steadyMachine, UNGUARDED, type Scenario } from "./scenario.ts";
import { report } from "./shrink.ts";
import { simulate } from "./simulate.ts";

/**
 * One small course of everything: a sequence in two parts, one that waits behind it, an urgent one,
 * an incident that stands in an intake row first and one that it grows by, all through drain, poll
 * and collect, with fewer sessions than there are machines.
 */
const COURSE: Scenario = {
  seed: 1,
  profile: "calm",
  limits: { ...SHIPPED, maxSessions: 2 },
  ...UNGUARDED,
  lingerMs: 30_000,
  expiryMs: 3_600_000,
  hosts: 2,
  pollEveryMs: 30_000,
  pollsOverlap: false,
  machines: [1, 2, 3, 4, 5].map(steadyMachine),
  arrivals: [
    arrival("first", "split-collect", [1], 1_000),
    arrival("second", "ticket-run", [1, 2], 2_000),
    arrival("third", "urgent-look", [3], 9_000),
    arrival("fourth", "sweep-file", [1, 4], 10_000),
    { ...arrival("fourth", "sweep-file", [4, 5], 10_100), idempotencyKey: "grown" },
  ],
  operations: [],
  foreign: [],
  tenant: { ...CALM_TENANT, maxSessions: 50, commandMs: [2_000, 6_000], listLagMs: 20_000 },
  healAtMs: 0,
  rates: NO_FAULTS,
};

const calm = await simulate(COURSE);

describe("a course without a fault", () => {
  it("breaks no promise", () => {
    expect(calm.violation).toBeNull();
  });
});

describe("every single fault, at every call of the course, breaks no promise", () => {
  it.each([...calm.world.faults.calls])("of %s, called %i times", async (method, calls) => {
    const broken: string[] = [];
    for (const fault of faultsAt(method, calls)) {
      const { violation } = await simulate(COURSE, { exactly: [fault] });
      if (violation !== null) broken.push(report(COURSE.seed, { faults: [fault], violation }));
    }
    expect(broken).toEqual([]);
  });
});

/**
 * What only reads leaves nothing behind: a lost reply is like an error, and before is like after.
 */
const OF_READS = ["error", "crashBefore", "stallPastFence", "stallPastVisibility"] as const;
const READS = new Set<Method>(["ledger.read", "ledger.list", "defender.list", "defender.prepare"]);

function faultsAt(method: Method, calls: number): Fault[] {
  const kinds: Fault["kind"][] = READS.has(method)
    ? [...OF_READS]
    : FAULT_KINDS.filter((kind) => kind !== "lostRace" || method === "ledger.commit");
  if (method === "defender.submit") kinds.push(...BAD_ANSWERS);
  return Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) =>
    kinds.map((kind) => ({ method, call, kind })),
  );
}

function arrival(
  incidentId: string,
  profile: Scenario["arrivals"][number]["profile"],
  machines: readonly number[],
  atMs: number,
): Scenario["arrivals"][number] {
  const machineIds = machines.map((each) => steadyMachine(each).machineId);
  return { atMs, incidentId, profile, machineIds, idempotencyKey: incidentId, copies: 1 };
}
