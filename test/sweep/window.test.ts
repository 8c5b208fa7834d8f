import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterOpenTime, opensAtMs } from "../../shared/sweep/window.ts";

const at = (text: string): number => Date.parse(text);
const night = { from: "22:00", to: "06:00", zone: "Europe/Berlin" };

describe("a window", () => {
  it("goes over midnight, by the clocks of its zone", () => {
    expect(opensAtMs(night, at("2026-11-29T20:59:59Z"))).toBe(at("2026-11-29T21:00:00Z"));
    expect(opensAtMs(night, at("2026-11-29T21:00:00Z"))).toBeNull();
    expect(opensAtMs(night, at("2026-11-30T04:59:59Z"))).toBeNull();
    expect(opensAtMs(night, at("2026-11-30T05:00:00Z"))).toBe(at("2026-11-30T21:00:00Z"));
    // In summer the same clocks are an hour earlier in UTC.
    expect(opensAtMs(night, at("2026-07-01T20:00:00Z"))).toBeNull();
  });

  it("is always open without one", () => {
    expect(opensAtMs(null, at("2026-11-29T12:00:00Z"))).toBeNull();
  });
});

const HOUR_MS = 3_600_000;

describe("open time", () => {
  it("is all time without a window", () => {
    expect(afterOpenTime(null, 1_000, 5_000)).toBe(6_000);
  });

  it("begins with the window, and goes on when that opens again", () => {
    expect(after("2026-11-29T12:00:00Z", 1)).toBe("2026-11-29T22:00:00.000Z");
    expect(after("2026-11-29T23:30:00Z", 1)).toBe("2026-11-30T00:30:00.000Z");
    expect(after("2026-11-30T04:30:00Z", 1)).toBe("2026-11-30T21:30:00.000Z");
    expect(after("2026-11-29T12:00:00Z", 8)).toBe("2026-11-30T05:00:00.000Z");
    expect(after("2026-11-29T23:00:00Z", 80)).toBe("2026-12-09T23:00:00.000Z");
  });

  it("is an hour off at most where the clocks change", () => {
    const exact = at("2026-10-25T21:00:00Z") + HOUR_MS;
    const came = afterOpenTime(night, at("2026-10-24T20:00:00Z"), 10 * HOUR_MS);
    expect(Math.abs(came - exact)).toBeLessThanOrEqual(HOUR_MS);
  });

  it("ends in the window, after as much of it as was asked for", () => {
    const minute = fc.integer({ min: 0, max: 1_439 });
    const begins = fc.integer({ min: 0, max: 2 * 1_440 * 60_000 });
    const open = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(minute, minute, begins, open, (from, to, fromMs, minutes) => {
        fc.pre(from !== to);
        const window = { from: clock(from), to: clock(to), zone: "UTC" };
        const endsMs = afterOpenTime(window, fromMs, minutes * 60_000);
        expect(opensAtMs(window, endsMs - 1)).toBeNull();
        expect(openMinutes(window, fromMs, endsMs)).toBe(minutes);
      }),
      { numRuns: 40 },
    );
  });
});

/** When the night has been open for so many hours. */
function after(from: string, hours: number): string {
  return new Date(afterOpenTime(night, at(from), hours * HOUR_MS)).toISOString();
}

function clock(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(11, 16);
}

/** Counted by the length of what is open between the two, in UTC. */
function openMinutes(window: { from: string; to: string }, fromMs: number, untilMs: number) {
  const [from = 0, to = 0] = [window.from, window.to].map((each) => at(`1970-01-01T${each}Z`));
  let openMs = 0;
  for (let day = -1; day * 24 * HOUR_MS < untilMs; day += 1) {
    const opensMs = day * 24 * HOUR_MS + from;
    const closesMs = day * 24 * HOUR_MS + to + (to < from ? 24 * HOUR_MS : 0);
    openMs += Math.max(0, Math.min(closesMs, untilMs) - Math.max(opensMs, fromMs));
  }
  return openMs / 60_000;
}
