import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "./faults.ts";
import {
  CALM_TENANT,
  SHIPPED,
  SHIPPED_LINGER_MS,
  steadyMachine,
  UNGUARDED,
  type Arrival,
  type Scenario,
} from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import { markOf } from "./door-judge.ts";

const MINUTE_MS = 60_000;

describe("a calm day", () => {
  it("a full queue runs at no less than 95 % of ten a minute, and never over it", async () => {
    const outcome = await simulate(dayOf([sweep(0, 1, 100)]));
    expect(outcome.violation).toBeNull();
    const posts = postsAtMs(outcome);
    expect(posts).toHaveLength(100);
    // The first ten go at once; from then on every window is as full as the last.
    const lastAtMs = Math.max(...posts);
    expect(lastAtMs).toBeLessThan((100 / 10 / 0.95) * MINUTE_MS);
  });

  it("with long sessions every session is used again within a poll or two of its end", async () => {
    const long = { ...CALM_TENANT, maxSessions: 50, commandMs: [240_000, 240_001] as const };
    const outcome = await simulate({ ...dayOf([sweep(0, 1, 46)]), tenant: long });
    expect(outcome.violation).toBeNull();
    // 23 sessions for a sweep (two are kept for urgent work), so two rounds.
    const rounds = 2;
    const posts = postsAtMs(outcome);
    expect(posts).toHaveLength(46);
    expect(Math.max(...posts)).toBeLessThan(rounds * (240_000 + 20_000) + 200_000);
  });

  it("urgent work that comes in the middle of a sweep starts within a window", async () => {
    const urgent: Arrival = { ...sweep(200_000, 201, 3), incidentId: "u", profile: "urgent-look" };
    const outcome = await simulate(dayOf([sweep(0, 1, 100), urgent]));
    expect(outcome.violation).toBeNull();
    const posts = postsAtMs(outcome, 201);
    expect(posts).toHaveLength(3);
    for (const atMs of posts) expect(atMs - 200_000).toBeLessThan(MINUTE_MS);
  });

  it("a small ticket does not wait for a large sweep that came before it", async () => {
    const ticket: Arrival = { ...sweep(60_000, 201, 3), incidentId: "t", profile: "ticket-run" };
    const outcome = await simulate(dayOf([sweep(0, 1, 100), ticket]));
    expect(outcome.violation).toBeNull();
    const posts = postsAtMs(outcome, 201);
    expect(posts).toHaveLength(3);
    for (const atMs of posts) expect(atMs).toBeLessThan(3 * MINUTE_MS);
  });

  it("a sweep goes on beside urgent work that never ends, with every fifth slot or nearly so", async () => {
    const urgent = { ...sweep(0, 201, 100), incidentId: "u", profile: "urgent-look" } as const;
    const outcome = await simulate(dayOf([sweep(5_000, 1, 20), urgent]));
    expect(outcome.violation).toBeNull();
    const urgentPosts = postsAtMs(outcome, 201).filter(isEarly).length;
    const sweepPosts = postsAtMs(outcome, 1, 20).filter(isEarly).length;
    // In eight minutes neither comes to its end, so every slot is one that both wanted.
    expect(urgentPosts).toBeGreaterThan(50);
    expect(urgentPosts).toBeLessThan(100);
    expect(sweepPosts / (urgentPosts + sweepPosts)).toBeGreaterThanOrEqual(1 / 6);
  });

  it("after a resume a full window is submitted within a window", async () => {
    const scenario = dayOf([sweep(0, 1, 60)]);
    const outcome = await simulate({
      ...scenario,
      operations: [
        { kind: "pause", atMs: 90_000 },
        { kind: "resume", atMs: 300_000 },
      ],
    });
    expect(outcome.violation).toBeNull();
    const after = postsAtMs(outcome).filter((atMs) => atMs >= 300_000);
    expect(after.filter((atMs) => atMs < 300_000 + MINUTE_MS + 5_000).length).toBeGreaterThan(8);
  });

  it("is no work when there is nothing to do: one read a poll, no invocation, no call", async () => {
    const quiet = await simulate({ ...dayOf([sweep(600_000, 1, 1)]), pollEveryMs: 15_000 });
    expect(quiet.violation).toBeNull();
    expect(postsAtMs(quiet)).toHaveLength(1);
    const { faults } = quiet.world;
    const polls = quiet.counts["polls"] ?? 0;
    expect(polls).toBeGreaterThan(40);
    expect(faults.calls.get("ledger.read") ?? 0).toBeLessThan(80);
    expect(faults.calls.get("defender.list") ?? 0).toBeLessThan(8);
  });

  it("spends at most four invocations and two bells on a sequence of a full queue", async () => {
    const outcome = await simulate({ ...dayOf([sweep(0, 1, 100)]), lingerMs: 0 });
    const { counts, world } = outcome;
    expect(postsAtMs(outcome)).toHaveLength(100);
    expect(counts["drains"]).toBeLessThan(200);
    expect(world.faults.calls.get("bells.ringDrain")).toBeLessThan(200);
  });
});

const isEarly = (atMs: number) => atMs < 8 * MINUTE_MS;

/**
 * When POSTs arrived that made an action, after the start; of machines from `first` on, `count` of
 * them.
 */
function postsAtMs({ world }: Outcome, first = 1, count = Infinity): number[] {
  return world.tenant.actions
    .filter((each) => {
      const number = parseInt(each.machineId, 16);
      return markOf(each.comment) !== null && number >= first && number < first + count;
    })
    .map((each) => each.createdAtMs - world.startMs);
}

function sweep(atMs: number, first: number, count: number): Arrival {
  const machineIds = Array.from({ length: count }, (_, at) => steadyMachine(first + at).machineId);
  const known = { incidentId: "s", idempotencyKey: null, copies: 1 } as const;
  return { ...known, atMs, profile: "sweep-file", machineIds };
}

function dayOf(arrivals: readonly Arrival[]): Scenario {
  return {
    seed: 7,
    profile: "calm",
    limits: SHIPPED,
    ...UNGUARDED,
    lingerMs: SHIPPED_LINGER_MS,
    expiryMs: 10_800_000,
    hosts: 2,
    pollEveryMs: 5_000,
    pollsOverlap: false,
    machines: Array.from({ length: 300 }, (_, at) => steadyMachine(at + 1)),
    arrivals,
    operations: [],
    foreign: [],
    tenant: CALM_TENANT,
    healAtMs: 0,
    rates: NO_FAULTS,
  };
}
