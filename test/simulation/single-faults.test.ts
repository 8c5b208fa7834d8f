import { describe, expect, it } from "vitest";
import { BAD_ANSWERS } from "./bad-answers.ts";
import { FAULT_KINDS, NO_FAULTS, type Fault, type Method } from "./faults.ts";
import { CALM_TENANT, SHIPPED, steadyMachine, UNGUARDED, type Scenario } from "./scenario.ts";
import { report } from "./shrink.ts";
import { simulate, type Outcome } from "./simulate.ts";

/** With fewer sessions than machines; each call of a drain, poll or collect can have its fault. */
const EVERY_COURSE: Omit<Scenario, "machines" | "arrivals"> = {
  seed: 1,
  profile: "calm",
  limits: { ...SHIPPED, maxSessions: 2 },
  ...UNGUARDED,
  lingerMs: 30_000,
  expiryMs: 3_600_000,
  hosts: 2,
  pollEveryMs: 30_000,
  pollsOverlap: false,
  operations: [],
  foreign: [],
  tenant: { ...CALM_TENANT, maxSessions: 50, commandMs: [2_000, 6_000], listLagMs: 20_000 },
  healAtMs: 0,
  rates: NO_FAULTS,
};

/** Two small ones, for the work grows with the square of the calls. */
const COURSES: Readonly<Record<string, Scenario>> = {
  // A sequence in two parts, one that waits behind it, an urgent one, an incident that grows.
  "some that are in each other's way": {
    ...EVERY_COURSE,
    machines: [1, 2, 3].map(steadyMachine),
    arrivals: [
      arrival("first", "split-collect", [1], 1_000),
      arrival("second", "urgent-look", [2], 2_000),
      arrival("third", "sweep-file", [1], 3_000),
      { ...arrival("third", "sweep-file", [1, 3], 3_100), idempotencyKey: "grown" },
    ],
  },
  // More than are written at once.
  "an incident that stands in an intake row first": {
    ...EVERY_COURSE,
    machines: [1, 2, 3, 4, 5].map(steadyMachine),
    arrivals: [arrival("first", "urgent-look", [1, 2, 3, 4, 5], 1_000)],
  },
};

describe.each(Object.entries(COURSES))("in a course of %s", async (_name, course) => {
  const calm = await simulate(course);

  it("nothing breaks a promise without a fault", () => {
    expect(calm.violation).toBeNull();
  });

  it.each(callsIn(calm))("no single fault of %s, at call %i, breaks a promise", async (...at) => {
    const broken: string[] = [];
    for (const fault of faultsAt(...at)) {
      const { violation } = await simulate(course, { exactly: [fault] });
      if (violation !== null) broken.push(report(course.seed, { faults: [fault], violation }));
    }
    expect(broken).toEqual([]);
  });
});

it("an intake row stands in the second course, and in no other", async () => {
  const planned = await Promise.all(Object.values(COURSES).map(intakesIn));
  expect(planned).toEqual([0, 1]);
});

/** Each call of a port in it, numbered from 1 for each method. */
function callsIn({ world }: Outcome): [Method, number][] {
  return [...world.faults.calls].flatMap(([method, calls]) =>
    Array.from({ length: calls }, (_, index): [Method, number] => [method, index + 1]),
  );
}

/** How many intake rows are written in it. */
async function intakesIn(course: Scenario): Promise<number> {
  let written = 0;
  await simulate(course, {
    wrap: (ports) => ({
      ...ports,
      ledger: {
        ...ports.ledger,
        commit: async (changes) => {
          written += changes.filter(
            ({ op, key }) => op === "insert" && key.startsWith("intake!"),
          ).length;
          return await ports.ledger.commit(changes);
        },
      },
    }),
  });
  return written;
}

/**
 * What only reads leaves nothing behind: a lost reply is like an error, and before is like after.
 */
const OF_READS = ["error", "crashBefore", "stallPastFence", "stallPastVisibility"] as const;
const READS = new Set<Method>(["ledger.read", "ledger.list", "defender.list", "defender.prepare"]);

function faultsAt(method: Method, call: number): Fault[] {
  const kinds: Fault["kind"][] = READS.has(method)
    ? [...OF_READS]
    : FAULT_KINDS.filter((kind) => kind !== "lostRace" || method === "ledger.commit");
  if (method === "defender.submit") kinds.push(...BAD_ANSWERS);
  return kinds.map((kind) => ({ method, call, kind }));
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
