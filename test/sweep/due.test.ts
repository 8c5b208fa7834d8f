import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideDue,
  dueInWords,
  isPast,
  isSameSchedule,
  nextDueMs,
} from "../../shared/sweep/due.ts";

const at = (text: string): number => Date.parse(text);
const nightly = { schedule: { cron: "30 2 * * *", zone: "Europe/Berlin" }, startingDeadline: "1h" };

describe("a due time", () => {
  it("is by the clocks of the zone, and comes once when an hour comes twice or not at all", () => {
    // In March there is no 02:30; in October there are two.
    expect(nextDueMs(nightly, at("2026-03-28T12:00:00Z"))).toBe(at("2026-03-29T01:00:00Z"));
    const first = nextDueMs(nightly, at("2026-10-24T12:00:00Z"));
    expect(first).toBe(at("2026-10-25T00:30:00Z"));
    expect(nextDueMs(nightly, first ?? 0)).toBe(at("2026-10-26T01:30:00Z"));
  });

  it("comes in both of two hours of one name if the schedule is of every hour", () => {
    const hourly = { schedule: { cron: "0 * * * *", zone: "Europe/Berlin" } };
    // Both are 02:00 by the clocks of Berlin.
    const first = nextDueMs(hourly, at("2026-10-24T23:30:00Z"));
    expect(first).toBe(at("2026-10-25T00:00:00Z"));
    expect(nextDueMs(hourly, first ?? 0)).toBe(at("2026-10-25T01:00:00Z"));
  });

  it("is made up once if its deadline allows it, and is never older than that", () => {
    const hourly = { schedule: { cron: "0 * * * *", zone: "Etc/UTC" }, startingDeadline: "90m" };
    const decidedAtMs = at("2026-11-29T00:30:00Z");
    expect(decideDue(hourly, decidedAtMs, at("2026-11-29T00:59:59Z"))).toBeNull();
    const late = decideDue(hourly, decidedAtMs, at("2026-11-29T05:20:00Z"));
    expect(late?.startMs).toBe(at("2026-11-29T05:00:00Z"));
    const once = { schedule: { once: "2026-11-29T01:00:00Z" }, startingDeadline: "1h" };
    expect(decideDue(once, decidedAtMs, at("2026-11-29T01:30:00Z"))?.startMs).toBe(
      at("2026-11-29T01:00:00Z"),
    );
    expect(decideDue(once, decidedAtMs, at("2026-11-29T02:30:00Z"))?.startMs).toBeNull();
  });

  it("starts one round at most, at whatever times somebody looks", () => {
    const often = { schedule: { cron: "*/7 * * * *", zone: "Etc/UTC" }, startingDeadline: "30m" };
    const minutes = integer({ min: 0, max: 100 });
    assert(
      property(array(minutes, { minLength: 1, maxLength: 20 }), (steps) => {
        let nowMs = at("2026-11-29T00:00:00Z");
        let decidedAtMs = nowMs;
        const started: number[] = [];
        for (const step of steps) {
          nowMs += step * 60_000;
          const due = decideDue(often, decidedAtMs, nowMs);
          if (due === null) continue;
          ({ decidedAtMs } = due);
          if (due.startMs !== null) started.push(due.startMs);
        }
        expect(new Set(started).size).toBe(started.length);
        expect(started.every((each) => each <= nowMs)).toBe(true);
      }),
    );
  });

  it("is counted with all others that nobody has decided, up to 1,000 of them", () => {
    const often = { schedule: { cron: "* * * * *", zone: "Etc/UTC" }, startingDeadline: "1h" };
    const from = at("2026-11-20T00:00:30Z");
    const some = decideDue(often, from, at("2026-11-20T00:03:10Z"));
    if (some === null) throw new Error("nothing is due");
    expect(dueInWords(some)).toBe(
      "3 times were due from 2026-11-20T00:01:00.000Z to 2026-11-20T00:03:00.000Z",
    );
    const many = decideDue(often, from, at("2026-12-20T00:00:00Z"));
    if (many === null) throw new Error("nothing is due");
    expect(dueInWords(many)).toBe(
      "at least 1000 times were due from 2026-11-20T00:01:00.000Z to 2026-12-20T00:00:00.000Z",
    );
    expect(many.startMs).toBe(at("2026-12-20T00:00:00Z"));
  });

  it("is found if it is the last of more than are counted, also when clocks are changed", () => {
    const crons = ["*/3 * * * *", "* 2,3 * * *", "* 0-6 25,26 10 *"];
    const minutes = integer({ min: 0, max: 10_000 });
    assert(
      property(constantFrom(...crons), minutes, (cron, late) => {
        const due = { schedule: { cron, zone: "Europe/Berlin" }, startingDeadline: "7d" };
        const nowMs = at("2026-10-24T12:00:00Z") + late * 60_000;
        const came = decideDue(due, at("2024-01-01T00:00:00Z"), nowMs);
        expect(came?.isAll).toBe(false);
        const lastMs = came?.lastMs ?? 0;
        expect(nextDueMs(due, lastMs - 1)).toBe(lastMs);
        expect(nextDueMs(due, lastMs) ?? Infinity).toBeGreaterThan(nowMs);
      }),
      { numRuns: 5 },
    );
  });
});

describe("a schedule", () => {
  const once = { once: "2026-12-01T22:00:00+01:00" };
  const hourly = { cron: "0 * * * *", zone: "Etc/UTC" };

  it("is the same if it is due at the same instant, however that is written", () => {
    expect(isSameSchedule(once, { once: "2026-12-01T21:00:00Z" })).toBe(true);
    expect(isSameSchedule(once, { once: "2026-12-01T22:00:00Z" })).toBe(false);
    expect(isSameSchedule(hourly, { zone: "Etc/UTC", cron: "0 * * * *" })).toBe(true);
    expect(isSameSchedule(hourly, { ...hourly, zone: "Europe/Berlin" })).toBe(false);
    expect(isSameSchedule(hourly, once)).toBe(false);
    expect(isSameSchedule(null, null)).toBe(true);
    expect(isSameSchedule(null, once)).toBe(false);
  });

  it("is past when its only instant has come, and never if it is due again and again", () => {
    expect(isPast(once, at("2026-12-01T20:59:59Z"))).toBe(false);
    expect(isPast(once, at("2026-12-01T21:00:00Z"))).toBe(true);
    expect(isPast(hourly, at("2036-12-01T21:00:00Z"))).toBe(false);
    expect(isPast(null, 0)).toBe(false);
  });
});
