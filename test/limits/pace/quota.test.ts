import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FIRST_QUOTA, quotaSchema, spend, type Quota } from "../../../shared/limits/pace/quota.ts";

const START_MS = Date.parse("2026-11-20T10:00:00Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const LIMITS = { readsPerMinute: 10, readsPerHour: 40 };

/** Spends or throws; for quotas known to have room. */
function spentOf(quota: Quota, calls: number, nowMs: number, share = 1): Quota {
  const spent = spend(quota, { calls, share }, nowMs, LIMITS);
  if (spent.kind === "wait") throw new Error(`must wait until ${spent.untilMs}`);
  return spent.quota;
}

/** The most calls in any half-open window of that length. */
function mostIn(windowMs: number, calls: readonly (readonly [number, number])[]): number {
  const sums = calls.map(([from]) =>
    calls
      .filter(([at]) => at >= from && at < from + windowMs)
      .reduce((sum, [, count]) => sum + count, 0),
  );
  return Math.max(0, ...sums);
}

const askings = fc.array(
  fc.tuple(
    fc.oneof(fc.nat(2_000), fc.nat(70_000), fc.nat(1_000_000)),
    fc.integer({ min: 1, max: 10 }),
  ),
  { maxLength: 80 },
);

describe("a quota of calls", () => {
  it("never gives more than the limit in any true minute or hour", () => {
    fc.assert(
      fc.property(askings, (all) => {
        let [quota, nowMs] = [FIRST_QUOTA, START_MS];
        const made: [number, number][] = [];
        for (const [later, calls] of all) {
          nowMs += later;
          const spent = spend(quota, { calls }, nowMs, LIMITS);
          if (spent.kind === "wait") continue;
          quota = spent.quota;
          made.push([nowMs, calls]);
        }
        expect(mostIn(MINUTE_MS, made)).toBeLessThanOrEqual(LIMITS.readsPerMinute);
        expect(mostIn(HOUR_MS, made)).toBeLessThanOrEqual(LIMITS.readsPerHour);
        expect(quotaSchema.parse(quota)).toEqual(quota);
        expect(quota.minute.length).toBeLessThanOrEqual(14);
        expect(quota.hour.length).toBeLessThanOrEqual(62);
      }),
    );
  });

  it("counts the calls of one span together, so that the row stays small", () => {
    let quota = spentOf(FIRST_QUOTA, 1, START_MS);
    quota = spentOf(quota, 2, START_MS + MINUTE_MS);
    quota = spentOf(quota, 3, START_MS + MINUTE_MS + 1);
    // A clock that stepped back counts in the newest.
    quota = spentOf(quota, 1, START_MS + MINUTE_MS - 1);
    const spans = [
      [START_MS, 1],
      [START_MS + MINUTE_MS, 6],
    ];
    expect(quota).toEqual({ minute: spans, hour: spans });
  });

  it("keeps a share of the hour, too, for who asks for all of it", () => {
    let quota = FIRST_QUOTA;
    for (let minute = 0; minute < 4; minute += 1) {
      quota = spentOf(quota, 5, START_MS + minute * 2 * MINUTE_MS, 0.5);
    }
    const later = START_MS + 10 * MINUTE_MS;
    expect(spend(quota, { calls: 1, share: 0.5 }, later, LIMITS).kind).toBe("wait");
    expect(spend(quota, { calls: 1 }, later, LIMITS).kind).toBe("spent");
  });

  it("says when to ask again, and then gives what was asked for, but not 1 ms before", () => {
    let waits = 0;
    fc.assert(
      fc.property(askings, (all) => {
        let [quota, nowMs] = [FIRST_QUOTA, START_MS];
        for (const [later, calls] of all) {
          nowMs += later;
          const spent = spend(quota, { calls }, nowMs, LIMITS);
          if (spent.kind === "spent") {
            quota = spent.quota;
            continue;
          }
          waits += 1;
          expect(spent.untilMs).toBeGreaterThan(nowMs);
          expect(spend(quota, { calls }, spent.untilMs - 1, LIMITS).kind).toBe("wait");
          nowMs = spent.untilMs;
          quota = spentOf(quota, calls, nowMs);
        }
      }),
    );
    expect(waits).toBeGreaterThan(0);
  });

  it("gives the whole limit at once, and again when a minute and the span it was counted in are over", () => {
    const full = spentOf(FIRST_QUOTA, 10, START_MS);
    expect(spend(full, { calls: 1 }, START_MS, LIMITS)).toEqual({
      kind: "wait",
      untilMs: START_MS + 65_000,
    });
    expect(spend(full, { calls: 10 }, START_MS + 65_000, LIMITS).kind).toBe("spent");
  });

  it("leaves to others what lies above a share", () => {
    const half = spentOf(FIRST_QUOTA, 5, START_MS, 0.5);
    expect(spend(half, { calls: 1, share: 0.5 }, START_MS, LIMITS).kind).toBe("wait");
    expect(spend(half, { calls: 5 }, START_MS, LIMITS).kind).toBe("spent");
  });

  it("is not fooled by a clock that steps back: what was spent stays spent", () => {
    const back = fc.integer({ min: 1, max: 7_200_000 });
    fc.assert(
      fc.property(back, fc.integer({ min: 1, max: 9 }), (byMs, calls) => {
        const before = spentOf(FIRST_QUOTA, calls, START_MS);
        const rest = spentOf(before, 10 - calls, START_MS - byMs);
        const again = spend(rest, { calls: 1 }, START_MS - byMs, LIMITS);
        expect(again.kind).toBe("wait");
        // Counted in the newest span, all of it is held at least as long as what was spent before
        // the step.
        expect(spend(rest, { calls: 1 }, START_MS + MINUTE_MS - 1, LIMITS).kind).toBe("wait");
        expect(spend(rest, { calls: 1 }, START_MS + MINUTE_MS + 5_000, LIMITS).kind).toBe("spent");
      }),
    );
  });

  it("throws when more is asked for at once than the limit ever gives", () => {
    expect(() => spend(FIRST_QUOTA, { calls: 11 }, START_MS, LIMITS)).toThrow(
      "more than the whole limit",
    );
  });
});
