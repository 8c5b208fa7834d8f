import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countWithin, opensAtMs } from "../../../local/defender-simulator/window.ts";

const ascending = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 40 })
  .map((times) => times.sort((a, b) => a - b));

describe("the sliding window", () => {
  it.each([
    [[0], 59_999, 1],
    [[0], 60_000, 0],
    [[0, 1, 60_000], 60_000, 2],
    [[], 5, 0],
  ])("of %j holds at %d: %d", (times, nowMs, expected) => {
    expect(countWithin(times, nowMs, 60_000)).toBe(expected);
  });

  it("counts what a plain filter counts", () => {
    fc.assert(
      fc.property(ascending, fc.integer({ min: 1, max: 500 }), (times, windowMs) => {
        const nowMs = times.at(-1) ?? 0;
        const plain = times.filter((atMs) => atMs > nowMs - windowMs).length;
        expect(countWithin(times, nowMs, windowMs)).toBe(plain);
      }),
    );
  });

  it("never lets more than the limit into any window, and opens exactly when it says", () => {
    fc.assert(
      fc.property(
        ascending,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 5 }),
        (calls, windowMs, limit) => {
          const letIn: number[] = [];
          for (const atMs of calls) {
            const open = countWithin(letIn, atMs, windowMs) < limit;
            expect(opensAtMs(letIn, atMs, windowMs, limit) === atMs).toBe(open);
            if (open) letIn.push(atMs);
          }
          for (const from of letIn) {
            const within = letIn.filter((atMs) => atMs >= from && atMs < from + windowMs);
            expect(within.length).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });
});
