import { describe, expect, it } from "vitest";
import { listIntervalMs } from "../../../shared/limits/pace/list-interval.ts";
import { sessionOf, type Session } from "../../../shared/limits/pace/session.ts";
import { aSubmitted, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const MINUTE_MS = 60_000;
const LIMITS = someLimits({ pollMs: 15_000 });
const running = (count: number): Session[] =>
  Array.from({ length: count }, () => ({ ...sessionOf(aSubmitted()), seen: ["InProgress"] }));
const pending = (count: number): Session[] =>
  Array.from({ length: count }, () => ({ ...sessionOf(aSubmitted()), seen: ["Pending"] }));

const ASKING = { othersWait: false, binds: false, pages: 1, nowMs: START_MS };

describe("the time until the next list", () => {
  it.each([
    ["usual while many run", running(6), false, false, 1, 15_000],
    ["brief while the last few run", running(5), false, false, 1, 5_000],
    ["usual for the last few that have run for five minutes", running(5), false, false, 5, 15_000],
    ["usual for few while others are ready to go", running(5), true, false, 1, 15_000],
    ["brief while others wait for sessions", running(25), true, true, 9, 5_000],
    ["long while all wait for machines that are offline", pending(5), false, false, 16, 60_000],
    ["long while nothing of ours is open", [], false, false, 0, 60_000],
  ] as const)("is %s", (_, sessions, othersWait, binds, minutes, expected) => {
    const atMs = START_MS + minutes * MINUTE_MS;
    const open = { sessions, othersWait, binds, pages: 1, nowMs: atMs };
    expect(listIntervalMs(open, LIMITS)).toBe(expected);
  });

  it("is never so short that polls use more than half of the list calls", () => {
    const open = { ...ASKING, sessions: running(1), binds: true };
    expect(listIntervalMs(open, { ...LIMITS, readsPerMinute: 12 })).toBe(10_000);
    expect(listIntervalMs(open, { ...LIMITS, readsPerHour: 600 })).toBe(12_000);
    // Six calls of pages within 30 % of the budget.
    const paged = { ...open, pages: 6 };
    expect(listIntervalMs(paged, { ...LIMITS, readsPerHour: 1_200 })).toBe(60_000);
  });
});
