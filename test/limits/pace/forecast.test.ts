import { describe, expect, it } from "vitest";

import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { forecastStartMs } from "../../../shared/limits/pace/forecast.ts";
import { lockedOutBy } from "../../../shared/limits/pace/lockout.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { aClaimed, aSubmitted } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const FIRST = { lane: 1, ahead: 0 } as const;

describe("the forecast", () => {
  it("does not count calls that are over, tidied or not", () => {
    const over = Array.from({ length: 10 }, (_, index) => ({
      sequenceId: `${index}`,
      reservedAtMs: NOW_MS - 120_000,
      stampedAtMs: NOW_MS - 119_000,
    }));
    const budget = { ...FIRST_BUDGET, slots: over };
    expect(forecastStartMs(budget, { lane: 1, ahead: 5 }, NOW_MS, LIMITS)).toBe(NOW_MS);
  });

  it("is nothing while Defender does not let us in", () => {
    const refusal = { call: "list", httpStatus: 403, detail: "no", atMs: NOW_MS } as const;
    const out = lockedOutBy(FIRST_BUDGET, refusal, LIMITS);
    expect(forecastStartMs(out, FIRST, NOW_MS, LIMITS)).toBeNull();
  });

  it("is nothing while paused, and never before the door opens", () => {
    const paused = { ...FIRST_BUDGET, paused: { by: "a", why: "b", atMs: NOW_MS } };
    expect(forecastStartMs(paused, FIRST, NOW_MS, LIMITS)).toBeNull();
    const door = { ...FIRST_BUDGET.door, closedUntilMs: NOW_MS + 42_000 };
    const closed = { ...FIRST_BUDGET, door };
    expect(forecastStartMs(closed, FIRST, NOW_MS, LIMITS)).toBe(NOW_MS + 42_000);
  });

  it("does not promise a lower lane what is kept free for urgent work", () => {
    const sessions = Array.from({ length: 23 }, (_, index) => ({
      sequenceId: `open-${index}`,
      machineId: `machine-${index}`,
    }));
    const budget = { ...FIRST_BUDGET, sessions };
    const { meanSessionMs } = budget;
    expect(forecastStartMs(budget, FIRST, NOW_MS, LIMITS)).toBe(NOW_MS + meanSessionMs);
    expect(forecastStartMs(budget, { lane: 0, ahead: 0 }, NOW_MS, LIMITS)).toBe(NOW_MS);
  });
});

/** That many calls, answered at that time. */
function called(count: number, stampedAtMs = NOW_MS): Budget["slots"] {
  return Array.from({ length: count }, (_, index) => ({
    sequenceId: `${index}`,
    reservedAtMs: stampedAtMs,
    stampedAtMs,
  }));
}

/** How long an urgent sequence waits with so many before it, while sessions are free. */
function waitMs(slots: Budget["slots"], ahead: number): number | null {
  const startMs = forecastStartMs({ ...FIRST_BUDGET, slots }, { lane: 0, ahead }, NOW_MS, LIMITS);
  return startMs === null ? null : startMs - NOW_MS;
}

describe("the forecast by calls", () => {
  it("lets as many start at once as calls are left in the window", () => {
    expect(waitMs(called(8), 0)).toBe(0);
    expect(waitMs(called(8), 1)).toBe(0);
    expect([2, 3, 4].map((ahead) => waitMs(called(8), ahead))).toEqual([0, 6_000, 12_000]);
  });

  it("lets one start each pace after the next call is free", () => {
    const pauses = [0, 1, 2].map((ahead) => waitMs(called(10), ahead));
    expect(pauses).toEqual([60_000, 66_000, 72_000]);
    const earlier = called(10, NOW_MS - 20_000);
    expect(waitMs(earlier, 0)).toBe(40_000);
    // More calls than the window has, by a setting that was lowered.
    expect(waitMs(called(14), 1)).toBe(66_000);
  });
});

describe("the forecast by sessions", () => {
  const MEAN_MS = 100_000;

  /** When it starts, with so many before it, while sessions of these ages take all there are. */
  function startsAfterMs(agesMs: readonly number[], ahead: number, foreign = 0): number {
    const sessions = agesMs.map((ageMs, index) =>
      sessionOf(aSubmitted({ sequenceId: `open-${index}`, submittedAtMs: NOW_MS - ageMs })),
    );
    const limits = someLimits({ maxSessions: agesMs.length + foreign });
    const budget = { ...FIRST_BUDGET, sessions, foreign, meanSessionMs: MEAN_MS };
    return (forecastStartMs(budget, { lane: 0, ahead }, NOW_MS, limits) ?? 0) - NOW_MS;
  }

  it("lets the first start when the session ends that was opened first", () => {
    expect(startsAfterMs([10_000, 70_000, 40_000], 0)).toBe(30_000);
    expect(startsAfterMs([10_000, 70_000, 40_000], 1)).toBe(60_000);
    expect(startsAfterMs([10_000, 70_000, 40_000], 2)).toBe(90_000);
  });

  it("lets the next start when those have ended in turn", () => {
    expect(startsAfterMs([10_000, 70_000, 40_000], 3)).toBe(130_000);
    expect(startsAfterMs([10_000, 70_000, 40_000], 7)).toBe(260_000);
  });

  it("expects what has lasted longer than most to end now", () => {
    expect(startsAfterMs([500_000], 0)).toBe(0);
    expect(startsAfterMs([500_000], 1)).toBe(MEAN_MS);
  });

  it("counts from the claim while nobody has answered yet, and from now if nothing is known", () => {
    const claimed = sessionOf(aClaimed({ claimedAtMs: NOW_MS - 30_000 }));
    const { glance: _, ...unknown } = claimed;
    const after = [claimed, unknown].map((session) => {
      const budget = { ...FIRST_BUDGET, sessions: [session], meanSessionMs: MEAN_MS };
      const limits = someLimits({ maxSessions: 1 });
      return (forecastStartMs(budget, { lane: 0, ahead: 0 }, NOW_MS, limits) ?? 0) - NOW_MS;
    });
    expect(after).toEqual([70_000, MEAN_MS]);
  });

  it("takes others' sessions to last as long as ours while all are theirs", () => {
    expect(startsAfterMs([], 0, 3)).toBe(MEAN_MS);
    expect(startsAfterMs([], 5, 3)).toBe(MEAN_MS);
  });
});
