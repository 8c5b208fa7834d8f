import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  earliestAt,
  latestAt,
  narrowed,
  type ClockInterval,
  type ClockReading,
} from "../../../shared/limits/pace/interval-clock.ts";

const OFFSET_MS = Date.parse("2026-11-20T10:00:00Z") + 0.25;
/** Added to `latest` for the service's front ends. */
const SKEW_MS = 250;

/**
 * One answer: asked `after` ms later than the last came, dated `there` ms after sending, received
 * `back` ms later.
 */
const answers = fc.record({
  after: fc.double({ min: 0, max: 600_000, noNaN: true }),
  there: fc.double({ min: 0, max: 20_000, noNaN: true }),
  back: fc.double({ min: 0, max: 20_000, noNaN: true }),
});

/** Service time on a host whose clock runs at `rate` of the service's. */
type Service = (monotonicMs: number) => number;

const steady: Service = (monotonicMs) => OFFSET_MS + monotonicMs;

function readingOf(service: Service, sentAtMs: number, there: number, back: number): ClockReading {
  const dateMs = Math.floor(service(sentAtMs + there) / 1_000) * 1_000;
  return { sentAtMs, receivedAtMs: sentAtMs + there + back, dateMs };
}

/** By how much the interval misses the true time; 0 when it holds it. */
function missMs(interval: ClockInterval, service: Service, monotonicMs: number): number {
  const trueMs = service(monotonicMs);
  const early = earliestAt(interval, monotonicMs) - trueMs;
  return Math.max(0, early, trueMs - latestAt(interval, monotonicMs));
}

describe("the service's clock as an interval", () => {
  it("holds the true time, whatever the latencies, while the clocks drift as quartz does", () => {
    const drift = fc.double({ min: -190e-6, max: 190e-6, noNaN: true });
    const rows = fc.array(answers, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(drift, rows, fc.nat(3_600_000), (rate, readings, later) => {
        const service: Service = (monotonicMs) => OFFSET_MS + monotonicMs * (1 + rate);
        let interval: ClockInterval | null = null;
        let nowMs = 0;
        for (const { after, there, back } of readings) {
          interval = narrowed(interval, readingOf(service, nowMs + after, there, back));
          nowMs += after + there + back;
          expect(missMs(interval, service, nowMs)).toBe(0);
          expect(missMs(interval, service, nowMs + later)).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("narrows to about a round trip, though every header is cut to the second", () => {
    const roundTrip = fc.double({ min: 1, max: 200, noNaN: true });
    fc.assert(
      fc.property(roundTrip, fc.nat(999), (roundTripMs, phase) => {
        const service: Service = (monotonicMs) => OFFSET_MS + phase + monotonicMs;
        let interval: ClockInterval | null = null;
        let nowMs = 0;
        for (let asked = 0; asked < 200; asked += 1) {
          interval = narrowed(
            interval,
            readingOf(service, nowMs, roundTripMs / 2, roundTripMs / 2),
          );
          nowMs += roundTripMs + 37;
        }
        if (interval === null) throw new Error("nothing was read");
        const atMs = interval.atMs;
        const widthMs = latestAt(interval, atMs) - SKEW_MS - earliestAt(interval, atMs);
        // The asking steps through the second 37 ms and a round trip at a time, so an edge is met
        // that closely.
        expect(widthMs).toBeLessThanOrEqual(2 * roundTripMs + 37 + 10);
      }),
    );
  });

  it("grows again while nothing is heard, by what two clocks can drift apart", () => {
    const interval = { lowMs: 0, highMs: 100, atMs: 1_000 };
    expect(earliestAt(interval, 1_001_000)).toBe(1_001_000 - 200);
    expect(latestAt(interval, 1_001_000)).toBe(1_001_000 + 100 + 200 + SKEW_MS);
    // A question about the past is not answered more narrowly than one about the last reading.
    expect(earliestAt(interval, 500)).toBe(500);
  });

  it("keeps what it knew, but for the drift since, when a reading tells less", () => {
    const interval = { lowMs: 0, highMs: 100, atMs: 1_000 };
    const wide = { sentAtMs: 992_000, receivedAtMs: 1_001_000, dateMs: 996_000 };
    const kept = narrowed(interval, wide);
    expect(kept.lowMs).toBeCloseTo(-200);
    expect(kept.highMs).toBeCloseTo(300);
    expect(kept.atMs).toBe(1_001_000);
  });

  it("takes a reading that only just fits as true, not for a clock that was set", () => {
    const interval = { lowMs: 0, highMs: 100, atMs: 1_000 };
    const edge = { sentAtMs: 1_000, receivedAtMs: 1_000, dateMs: 1_100 };
    expect(narrowed(interval, edge)).toEqual({ lowMs: 100, highMs: 100, atMs: 1_000 });
  });

  it("starts anew with the first reading after the service's clock was set", () => {
    const steps = fc
      .integer({ min: 45_000, max: 100_000_000 })
      .chain((far) => fc.constantFrom(far, -far));
    fc.assert(
      fc.property(
        fc.array(answers, { minLength: 1, maxLength: 8 }),
        answers,
        steps,
        (before, next, step) => {
          let interval: ClockInterval | null = null;
          let nowMs = 0;
          for (const { after, there, back } of before) {
            interval = narrowed(interval, readingOf(steady, nowMs + after, there, back));
            nowMs += after + there + back;
          }
          const set: Service = (monotonicMs) => steady(monotonicMs) + step;
          const reading = readingOf(set, nowMs + 1, next.there, next.back);
          const anew = narrowed(interval, reading);
          expect(anew).toEqual(narrowed(null, reading));
          expect(missMs(anew, set, reading.receivedAtMs)).toBe(0);
        },
      ),
    );
  });
});
