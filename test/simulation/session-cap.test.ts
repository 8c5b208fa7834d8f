import { describe, expect, it } from "vitest";
import { budgetIn } from "../../shared/store/load.ts";
import { NO_FAULTS } from "./faults.ts";
import {
  CALM_TENANT,
  machineIdOf,
  SHIPPED,
  steadyMachine,
  UNGUARDED,
  type ForeignPost,
  type Scenario,
} from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import { endOf } from "./tenant-action.ts";

const MINUTE_MS = 60_000;
const MACHINES = 160;
/** Filling the sessions takes the first minutes. */
const FROM_MS = 5 * MINUTE_MS;
const UNTIL_MS = 15 * MINUTE_MS;
const SETTING = 50;

const CASES: readonly (readonly [name: string, cap: number, others: readonly ForeignPost[]])[] = [
  ["far below the setting", 10, []],
  ["half of the setting", 25, []],
  ["the setting", SETTING, []],
  ["above the setting", 80, []],
  ["half of the setting, with others holding eight", 25, holding(8)],
  ["half of the setting, with others calling four times a minute", 25, calling(4)],
];

/** Others who start so many sessions every four minutes. */
function holding(count: number): ForeignPost[] {
  return Array.from({ length: count * 5 }, (_, index) => ({
    atMs: Math.floor(index / count) * 4 * MINUTE_MS + (index % count) * 7_000,
    machineId: machineIdOf(1_001 + index),
    comment: null,
  }));
}

function calling(perMinute: number): ForeignPost[] {
  return Array.from({ length: perMinute * 15 }, (_, index) => ({
    atMs: (index * MINUTE_MS) / perMinute,
    machineId: machineIdOf(1_001 + index),
    comment: null,
  }));
}

describe("a tenant whose session cap nobody knows", () => {
  it.each(CASES)("that is %s has it learned, and its sessions used", async (_, cap, others) => {
    const outcome = await simulate(dayOf(cap, others));
    expect(outcome.violation).toBeNull();
    const used = shareUsed(outcome, Math.min(cap, SETTING));
    expect(used).toBeGreaterThan(0.8);
    const { faults, tenant, memory } = outcome.world;
    const posts = faults.calls.get("defender.submit") ?? 0;
    const refused = posts - tenant.actions.filter(({ ours }) => ours).length;
    // The cap is tried again every few minutes, at the cost of one call each time.
    expect(refused).toBeLessThan(3 + outcome.virtualMs / (3 * MINUTE_MS));
    const { othersSuspected } = budgetIn(memory.rows()).value.door;
    expect(othersSuspected && others.length === 0).toBe(false);
  });
});

/** Of the time of all sessions that can be open at once, or of what ten calls a minute can fill. */
function shareUsed({ world }: Outcome, cap: number): number {
  const [fromMs, untilMs] = [world.startMs + FROM_MS, world.startMs + UNTIL_MS];
  const spent = world.tenant.actions.reduce((sum, action) => {
    const openMs = Math.min(endOf(action).atMs, untilMs) - Math.max(action.createdAtMs, fromMs);
    return sum + Math.max(0, openMs);
  }, 0);
  return spent / (cap * (untilMs - fromMs));
}

function dayOf(cap: number, foreign: readonly ForeignPost[]): Scenario {
  const machineIds = Array.from({ length: MACHINES }, (_, at) => machineIdOf(at + 1));
  const known = { incidentId: "s", idempotencyKey: null, copies: 1 } as const;
  return {
    seed: 7,
    profile: "calm",
    limits: { ...SHIPPED, maxSessions: SETTING },
    ...UNGUARDED,
    lingerMs: 120_000,
    expiryMs: 10_800_000,
    hosts: 2,
    pollEveryMs: 5_000,
    pollsOverlap: false,
    machines: Array.from({ length: 1_200 }, (_, at) => steadyMachine(at + 1)),
    arrivals: [{ ...known, atMs: 0, profile: "sweep-file", machineIds }],
    operations: [],
    foreign,
    tenant: {
      ...CALM_TENANT,
      maxSessions: cap,
      retryAfterOnRate: false,
      commandMs: [240_000, 300_000],
    },
    healAtMs: 0,
    rates: NO_FAULTS,
  };
}
