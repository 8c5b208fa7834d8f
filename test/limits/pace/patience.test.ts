import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patienceMs, usualPickupMs, withPickups } from "../../../shared/limits/pace/patience.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits({ patienceMs: 900_000 });
const seconds = (...values: readonly number[]) => values.map((each) => each * 1_000);

const quick = (count: number) => Array.from({ length: count }, () => 25_000);

describe("how long machines take to begin", () => {
  it("is not known from fewer than five", () => {
    expect(usualPickupMs(seconds(30, 30, 30, 30))).toBeNull();
    expect(usualPickupMs(seconds(30, 30, 30, 30, 30))).not.toBeNull();
  });

  it("is taken for twice the longest seen while fewer than twenty are known", () => {
    const nineteen = seconds(...Array.from({ length: 19 }, (_, index) => 10 + index));
    expect(usualPickupMs(nineteen)).toBe(56_000);
    expect(usualPickupMs([...nineteen, 1_000])).toBe(28_000);
  });

  it("is never taken for less than twenty seconds", () => {
    expect(usualPickupMs(Array.from({ length: 40 }, () => 0))).toBe(20_000);
  });

  it("is what the last forty took: a slow one is forgotten after forty others", () => {
    const slow = withPickups([], [60_000], LIMITS);
    expect(usualPickupMs(withPickups(slow, quick(39), LIMITS))).toBe(60_000);
    expect(usualPickupMs(withPickups(slow, quick(40), LIMITS))).toBe(25_000);
  });

  it("is learned from one that began at once, and from none that began before it was asked", () => {
    expect(withPickups([], [0, -1], LIMITS)).toEqual([0]);
  });

  it("is not learned from one that came back after all patience was over", () => {
    expect(withPickups([], [900_000, 900_001, 1], LIMITS)).toEqual([900_000, 1]);
  });
});

describe("patience with an action that stays Pending", () => {
  const facts = fc.record({
    lane: fc.constantFrom(0, 1, 2, 3, 4),
    offlineTimes: fc.nat(40),
  });
  const pickups = fc.option(fc.integer({ min: 20_000, max: 2_000_000 }));

  it("never ends before machines that are there have begun, nor after the setting", () => {
    fc.assert(
      fc.property(facts, pickups, (open, pickupMs) => {
        const patience = patienceMs(open, pickupMs, LIMITS);
        expect(patience).toBeLessThanOrEqual(LIMITS.patienceMs);
        expect(patience).toBeGreaterThanOrEqual(Math.min(LIMITS.patienceMs, pickupMs ?? Infinity));
      }),
    );
  });

  it("never shrinks the more often a machine was found offline", () => {
    fc.assert(
      fc.property(facts, pickups, (open, pickupMs) => {
        const once = patienceMs(open, pickupMs, LIMITS);
        const more = { ...open, offlineTimes: open.offlineTimes + 1 };
        expect(patienceMs(more, pickupMs, LIMITS)).toBeGreaterThanOrEqual(once);
      }),
    );
  });

  it("is whole for urgent work, and for all while nothing is known", () => {
    expect(patienceMs({ lane: 0, offlineTimes: 0 }, 25_000, LIMITS)).toBe(900_000);
    expect(patienceMs({ lane: 3, offlineTimes: 0 }, null, LIMITS)).toBe(900_000);
    expect(patienceMs({ lane: 3, offlineTimes: 0 }, 25_000, LIMITS)).toBe(25_000);
  });
});
