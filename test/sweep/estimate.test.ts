import { describe, expect, it } from "vitest";
import { estimateOf } from "../../shared/sweep/estimate.ts";
import type { SweepRecord } from "../../shared/sweep/sweep.ts";
import { someLimits } from "../limits/some-limits.ts";

const NOON_MS = Date.parse("2026-11-30T12:00:00Z");
const ALWAYS = { share: 0.5, window: null, expires: "30d" };
const NIGHT = { from: "22:00", to: "06:00", zone: "UTC" };
const SESSIONS_OF_2_MIN = { meanSessionMs: 120_000, pickups: [] };
const at = { ...someLimits(), nowMs: NOON_MS };

describe("the estimate of a round", () => {
  it("is by its share of the calls, if there are sessions enough", () => {
    const past = { budget: SESSIONS_OF_2_MIN, last: null };
    // Two windows until the first, five calls in each minute, and the last session.
    expect(estimateOf(500, ALWAYS, past, at)).toEqual({
      sessions: 12,
      estimatedMinutes: 2 + 100 + 2,
      expiresFirst: false,
    });
    expect(estimateOf(3, ALWAYS, past, at).sessions).toBe(3);
    expect(estimateOf(0, ALWAYS, past, at).estimatedMinutes).toBe(0);
  });

  it("is by its share of the sessions, if they take long", () => {
    const past = { budget: { meanSessionMs: 600_000, pickups: [] }, last: null };
    expect(estimateOf(120, ALWAYS, past, at).estimatedMinutes).toBe(2 + 100 + 10);
  });

  it("takes the offline and the length of sessions from the round before", () => {
    const tried = { machines: 10, offline: 5, reached: 5, reachedMs: 5 * 240_000 };
    const past = { budget: SESSIONS_OF_2_MIN, last: { ...LAST, tried } };
    const { estimatedMinutes } = estimateOf(1_200, ALWAYS, past, at);
    expect(estimatedMinutes).toBe(Math.ceil(2 + 100 * (4 / 2 + 15 / 2) + 4));
  });

  it("counts the time in which the window is open, and waits for it at the beginning", () => {
    const past = { budget: SESSIONS_OF_2_MIN, last: null };
    const night = { ...ALWAYS, window: NIGHT };
    // From noon until ten, one whole night of eight hours, and two of the next.
    const { estimatedMinutes } = estimateOf(5 * 60 * 10, night, past, at);
    expect(estimatedMinutes).toBe(10 * 60 + 24 * 60 + 2 * 60 + 2);
  });

  it("says if the round expires before its end, not if only the window closes", () => {
    const past = { budget: SESSIONS_OF_2_MIN, last: null };
    const night = { ...ALWAYS, window: NIGHT, expires: "1d" };
    expect(estimateOf(5 * 60 * 7, night, past, at).expiresFirst).toBe(false);
    expect(estimateOf(5 * 60 * 9, night, past, at).expiresFirst).toBe(true);
    expect(estimateOf(1, { ...night, expires: "9h" }, past, at).expiresFirst).toBe(true);
  });
});

const LAST: NonNullable<SweepRecord["last"]> = {
  round: 1,
  endedAtMs: 0,
  targeted: 10,
  reached: 5,
  short: true,
  tried: null,
};
