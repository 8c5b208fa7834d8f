import { describe, expect, it } from "vitest";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { throttleFinding } from "../../../shared/limits/pace/throttle-finding.ts";
import { throttled } from "../../../shared/limits/pace/throttled.ts";
import { someLimits } from "../some-limits.ts";

const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const LIMITS = someLimits();

const calls = (count: number): Partial<Budget> => ({
  slots: Array.from({ length: count }, (_, index) => ({
    sequenceId: `s${index}`,
    reservedAtMs: NOW_MS,
    stampedAtMs: NOW_MS,
  })),
});

const found = (parts: Partial<Budget>, retryAfterMs: number | null) => {
  const before = { ...FIRST_BUDGET, ...parts };
  const answer = { retryAfterMs, latestMs: NOW_MS };
  return throttleFinding(before, throttled(before, "s0", answer, LIMITS));
};

describe("what a 429 to a POST told", () => {
  it("is that others use the window, when our own calls are fewer, and until when nothing leaves", () => {
    expect(found(calls(3), 42_000)).toEqual({
      concluded: "othersUseTheQuota",
      sessionCap: null,
      doorClosedUntilMs: NOW_MS + 42_000,
    });
  });

  it("is that the window is used up, when our own calls are as many", () => {
    const finding = found(calls(LIMITS.callsPerWindow), null);
    expect(finding).toMatchObject({ concluded: "window", doorClosedUntilMs: NOW_MS + 60_000 });
  });

  it("is the cap of sessions, when that was learned, even the same one again", () => {
    const full = { ...calls(1), foreign: LIMITS.maxSessions };
    const cap = { concluded: "sessionCap", sessionCap: LIMITS.maxSessions };
    expect(found(full, null)).toMatchObject({ ...cap, doorClosedUntilMs: null });
    const again = { ...full, learnedSessions: LIMITS.maxSessions, learnedAtMs: NOW_MS - 1 };
    expect(found(again, null)).toMatchObject(cap);
  });

  it("is another cap, though the one before was learned at an instant that reads the same", () => {
    const atMs = { learnedAtMs: NOW_MS - 240_000, openedAtMs: NOW_MS - 1 };
    const learned = { learnedSessions: 9, ...atMs };
    expect(found({ ...calls(1), ...learned, foreign: 8 }, null)).toMatchObject({
      concluded: "sessionCap",
      sessionCap: 8,
    });
  });

  it("closes nothing if Defender asks for no pause", () => {
    expect(found(calls(3), 0).doorClosedUntilMs).toBeNull();
  });

  it("is nothing new of the cap that was learned before", () => {
    const learned = { learnedSessions: 9, learnedAtMs: NOW_MS - 1 };
    expect(found({ ...calls(3), ...learned }, 1_000).concluded).toBe("othersUseTheQuota");
  });
});
