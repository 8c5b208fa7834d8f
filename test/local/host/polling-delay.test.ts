import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPollingDelay } from "../../../local/host/polling-delay.ts";

describe("the wait before the next look at an empty queue", () => {
  it("doubles from 100 ms to its limit, and begins anew after a message", () => {
    const delay = createPollingDelay(2000, () => 0.5);
    const waits = Array.from({ length: 7 }, () => delay.nextMs());
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
    delay.reset();
    expect(delay.nextMs()).toBe(100);
  });

  it("is never shorter than 100 ms nor longer than the limit, and within a fifth of its nominal value", () => {
    const fractions = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(fractions, fc.integer({ min: 100, max: 60_000 }), (values, maxMs) => {
        let index = 0;
        const delay = createPollingDelay(maxMs, () => values[index] ?? 0);
        for (index = 0; index < values.length; index += 1) {
          const nominalMs = Math.min(100 * 2 ** index, maxMs);
          const waitMs = delay.nextMs();
          expect(waitMs).toBeGreaterThanOrEqual(100);
          expect(waitMs).toBeLessThanOrEqual(maxMs);
          expect(Math.abs(waitMs - nominalMs)).toBeLessThanOrEqual(nominalMs * 0.2 + 1);
        }
      }),
    );
  });
});
