import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callsOverLimit,
  countWithin,
  percentile,
  possibleStarts,
} from "../../bench/drain/figures.ts";

const WINDOW_MS = 60_000;

describe("a percentile", () => {
  it("is the value of the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 0.5)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
  });

  it("of nothing is no number", () => {
    expect(percentile([], 0.5)).toBeNaN();
  });

  it("is one of the values, and at least its share of them is not above it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = percentile(values, share);
          const below = values.filter((each) => each <= found).length;
          expect(values).toContain(found);
          expect(below).toBeGreaterThanOrEqual(share * values.length - 1e-9);
        },
      ),
    );
  });
});

describe("calls over the limit", () => {
  it("are those with ten others less than a window before", () => {
    const ten = Array.from({ length: 10 }, (_, index) => index);
    expect(callsOverLimit(ten, 10, WINDOW_MS)).toBe(0);
    expect(callsOverLimit([...ten, WINDOW_MS - 1], 10, WINDOW_MS)).toBe(1);
    expect(callsOverLimit([...ten, WINDOW_MS], 10, WINDOW_MS)).toBe(0);
  });

  it("are seen over the edge of a minute", () => {
    const late = Array.from({ length: 10 }, () => WINDOW_MS - 1);
    const early = Array.from({ length: 10 }, () => WINDOW_MS + 1);
    expect(callsOverLimit([...late, ...early], 10, WINDOW_MS)).toBe(10);
  });

  it("are none exactly when no window holds more than the limit", () => {
    const times = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 5 }), (arrivals, limit) => {
        const counts = arrivals.map((atMs) => countWithin(arrivals, atMs, atMs + 100));
        const over = callsOverLimit(arrivals, limit, 100);
        expect(over === 0).toBe(counts.every((each) => each <= limit));
      }),
    );
  });
});

describe("the starts that are possible", () => {
  const law = { callsPerWindow: 10, windowMs: WINDOW_MS, maxSessions: 25 };

  it("are ten a window while sessions are short", () => {
    expect(possibleStarts({ ...law, meanSessionMs: 60_000 }, 6)).toBe(60);
  });

  it("are what sessions leave when they are long", () => {
    expect(possibleStarts({ ...law, meanSessionMs: 600_000 }, 100)).toBe(275);
  });
});
