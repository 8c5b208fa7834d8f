import { describe, expect, it } from "vitest";
import { doneTwice } from "../../shared/ledger/sequence/done-twice.ts";
import { markOf } from "./door-judge.ts";
import { NO_FAULTS, type Fault } from "./faults.ts";
import { CALM_TENANT, machineIdOf, SHIPPED, steadyMachine, UNGUARDED } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import { hasRun } from "./tenant-action.ts";

const SEEDS = [1, 2, 3, 4];
const MACHINES = 60;
const PER_RUN = 10;

/** An hour in which one answer in eight is bad, of a tenant whose list takes up to `listLagMs`. */
function hourOf(seed: number, listLagMs: number): Scenario {
  return {
    seed,
    profile: "lost",
    limits: SHIPPED,
    ...UNGUARDED,
    lingerMs: 120_000,
    expiryMs: 10_800_000,
    hosts: 2,
    pollEveryMs: 15_000,
    pollsOverlap: false,
    machines: Array.from({ length: MACHINES }, (_, at) => steadyMachine(at + 1)),
    arrivals: Array.from({ length: MACHINES / PER_RUN }, (_, at) => ({
      atMs: at * 300_000,
      incidentId: `incident-${at}`,
      profile: "ticket-run",
      machineIds: Array.from({ length: PER_RUN }, (__, of) => machineIdOf(at * PER_RUN + of + 1)),
      idempotencyKey: null,
      copies: 1,
    })),
    operations: [],
    foreign: [],
    tenant: { ...CALM_TENANT, maxSessions: 50, commandMs: [20_000, 60_000], listLagMs },
    healAtMs: 3_600_000,
    rates: { ...NO_FAULTS, answers: 0.12 },
  };
}

/** How many more actions ran at Defender than there were parts to run. */
function ranTwice({ world }: Outcome): number {
  const parts = world.tenant.actions
    .filter((each) => each.ours && hasRun(each, Infinity))
    .map(({ comment }) => {
      const mark = markOf(comment);
      return `${mark?.sequenceId}.${mark?.part}`;
    });
  return parts.length - new Set(parts).size;
}

function saysSo({ world }: Outcome): boolean {
  return [...world.judge.ledger.records.values()].some(doneTwice);
}

/** Nothing but one sequence, whose first answer is lost: nobody can know how slow lists are. */
async function alone(seed: number): Promise<Outcome> {
  const hour = hourOf(seed, 590_000);
  const [first] = hour.arrivals;
  const arrivals = first === undefined ? [] : [{ ...first, machineIds: [machineIdOf(1)] }];
  const lost: Fault = { method: "defender.submit", call: 1, kind: "createdSilence" };
  return await simulate({ ...hour, arrivals }, { exactly: [lost] });
}

describe("a tenant whose list is slower than the guard time", () => {
  it("does nothing twice where it is seen to be slow: the guard time follows", async () => {
    for (const seed of SEEDS) {
      const outcome = await simulate(hourOf(seed, 400_000));
      expect({ twice: ranTwice(outcome), broke: outcome.violation }).toEqual({
        twice: 0,
        broke: null,
      });
    }
  });

  it("may do one twice while nothing is known of its lag, and then says so", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => await alone(at)),
    );
    expect(outcomes.map(({ violation }) => violation)).toEqual(outcomes.map(() => null));
    const twice = outcomes.filter((each) => ranTwice(each) > 0);
    expect(twice.length).toBeGreaterThan(3);
    expect(outcomes.filter(saysSo)).toEqual(twice);
  });
});
