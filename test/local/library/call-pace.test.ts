import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPace } from "../../../local/library/call-pace.ts";

/** The times at which calls leave, if each wants to leave so many milliseconds after the last. */
async function leaving(gapsMs: readonly number[]): Promise<number[]> {
  let nowMs = 1_000_000;
  const pace = createPace({ nowMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) });
  const times: number[] = [];
  for (const gapMs of gapsMs) {
    nowMs += gapMs;
    await pace();
    times.push(nowMs);
  }
  return times;
}

function mostWithin(times: readonly number[], windowMs: number): number {
  const counts = times.map((from) => times.filter((at) => at >= from && at < from + windowMs));
  return Math.max(0, ...counts.map(({ length }) => length));
}

describe("the pace of one library API", () => {
  it("is never above 100 calls in a minute, however they come", async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 50, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(gaps, async (gapsMs) => {
        expect(mostWithin(await leaving(gapsMs), 60_000)).toBeLessThan(100);
      }),
    );
  });

  it("is never above 1,500 calls in an hour", async () => {
    const times = await leaving(Array.from({ length: 3_000 }, () => 0));
    expect(mostWithin(times, 3_600_000)).toBeLessThan(1_500);
    expect(mostWithin(times, 60_000)).toBeGreaterThan(80);
  });

  it("holds back nothing that is within the quota", async () => {
    const times = await leaving(Array.from({ length: 90 }, () => 0));
    expect(new Set(times).size).toBe(1);
  });
});
