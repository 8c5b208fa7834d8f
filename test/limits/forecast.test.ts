import { describe, expect, it } from "vitest";

import { FIRST_BUDGET } from "../../shared/limits/budget.ts";
import { forecastStartMs } from "../../shared/limits/forecast.ts";
import { someLimits } from "./some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const FIRST = { lane: 1, ahead: 0 } as const;

describe("the forecast", () => {
  it("does not count calls that are over, tidied or not", () => {
    const over = Array.from({ length: 10 }, (_, index) => ({
      sequenceId: `${index}`,
      reservedAtMs: NOW_MS - 120_000,
      stampedAtMs: NOW_MS - 119_000,
    }));
    const budget = { ...FIRST_BUDGET, slots: over };
    expect(forecastStartMs(budget, { lane: 1, ahead: 5 }, NOW_MS, LIMITS)).toBe(NOW_MS);
  });

  it("is nothing while paused, and never before the door opens", () => {
    const paused = { ...FIRST_BUDGET, paused: { by: "a", why: "b", atMs: NOW_MS } };
    expect(forecastStartMs(paused, FIRST, NOW_MS, LIMITS)).toBeNull();
    const door = { ...FIRST_BUDGET.door, closedUntilMs: NOW_MS + 42_000 };
    const closed = { ...FIRST_BUDGET, door };
    expect(forecastStartMs(closed, FIRST, NOW_MS, LIMITS)).toBe(NOW_MS + 42_000);
  });

  it("does not promise a lower lane what is kept free for urgent work", () => {
    const sessions = Array.from({ length: 23 }, (_, index) => ({
      sequenceId: `open-${index}`,
      machineId: `machine-${index}`,
    }));
    const budget = { ...FIRST_BUDGET, sessions };
    const { meanSessionMs } = budget;
    expect(forecastStartMs(budget, FIRST, NOW_MS, LIMITS)).toBe(NOW_MS + meanSessionMs);
    expect(forecastStartMs(budget, { lane: 0, ahead: 0 }, NOW_MS, LIMITS)).toBe(NOW_MS);
  });
});
