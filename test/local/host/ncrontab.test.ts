import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Schedule } from "../../../local/host/ncrontab.ts";
import { readSchedule } from "../../../local/host/ncrontab.ts";

function scheduleOf(text: string): Schedule {
  const reading = readSchedule(text);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.schedule;
}
function occurrences(text: string, from: string, count: number): string[] {
  const schedule = scheduleOf(text);
  const found: string[] = [];
  let atMs: number | null = Date.parse(from);
  while (found.length < count && atMs !== null) {
    atMs = schedule.nextAfterMs(atMs);
    if (atMs !== null) found.push(new Date(atMs).toISOString().slice(0, 19));
  }
  return found;
}

describe("a schedule", () => {
  it.each([
    ["*/15 * * * * *", "2026-11-21T10:00:07Z", ["2026-11-21T10:00:15", "2026-11-21T10:00:30"]],
    ["0 */5 * * * *", "2026-11-21T10:04:59Z", ["2026-11-21T10:05:00", "2026-11-21T10:10:00"]],
    ["*/5 * * * *", "2026-11-21T10:05:00Z", ["2026-11-21T10:10:00", "2026-11-21T10:15:00"]],
    ["0 30 9 * * mon-fri", "2026-11-20T10:00:00Z", ["2026-11-23T09:30:00", "2026-11-24T09:30:00"]],
    ["0 0 0 1 * Mon", "2026-11-21T00:00:00Z", ["2027-02-01T00:00:00", "2027-03-01T00:00:00"]],
    ["0 0 0 29 february *", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00"]],
    ["5/20 0 0 1 1 *", "2026-01-01T00:00:00Z", ["2026-01-01T00:00:05", "2026-01-01T00:00:25"]],
    ["00:10:00", "2026-11-21T10:00:07Z", ["2026-11-21T10:10:07", "2026-11-21T10:20:07"]],
  ])("%s after %s fires in UTC at the right times", (text, from, expected) => {
    expect(occurrences(text, from, expected.length)).toEqual(expected);
  });

  it("that names a day which never comes has no occurrence", () => {
    expect(occurrences("0 0 0 31 2 *", "2026-01-01T00:00:00Z", 1)).toEqual([]);
  });

  it.each([
    "",
    "* * * *",
    "* * * * * * *",
    "@daily",
    "0 0 0 * * 7",
    "0 0 0 L * *",
    "0 0 0 15W * *",
    "0 0 0 ? * *",
    "0 0 0 * * 1#2",
    "60 * * * * *",
    "0 0 24 * * *",
    "0 0 0 0 * *",
    "*/0 * * * * *",
    "1- * * * * *",
    "0 0 0 * Foo *",
    "00:00:00",
    "25:00:00",
  ])("is refused with its text when NCrontab refuses it: %j", (text) => {
    const reading = readSchedule(text);
    expect(reading).toMatchObject({ kind: "invalid" });
    expect(reading.kind === "invalid" && reading.problem).toContain(`schedule "${text}"`);
  });

  it("with a step fires strictly later each time, on multiples of the step", () => {
    const steps = fc.integer({ min: 1, max: 59 });
    const instants = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
    fc.assert(
      fc.property(steps, instants, (step, fromMs) => {
        const nextMs = scheduleOf(`*/${step} * * * * *`).nextAfterMs(fromMs) ?? 0;
        expect(nextMs).toBeGreaterThan(fromMs);
        expect(nextMs - fromMs).toBeLessThanOrEqual(step * 1000);
        expect(new Date(nextMs).getUTCSeconds() % step).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
