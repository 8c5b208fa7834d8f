import { describe, expect, it } from "vitest";
import {
  couldNotLeave,
  FIRST_BUDGET,
  holdSession,
  type Budget,
} from "../../shared/limits/budget.ts";
import { throttled } from "../../shared/limits/throttled.ts";
import { sessionOf } from "../../shared/limits/session.ts";
import { aClaimed, aSubmitted, RUN_ID, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "./some-limits.ts";

describe("a session that is held", () => {
  it("takes the place of what was known of it, and leaves the others", () => {
    const other = sessionOf(aClaimed({ sequenceId: `${RUN_ID}.other` }));
    const both = [sessionOf(aClaimed()), other].reduce(holdSession, FIRST_BUDGET);
    const { sessions } = holdSession(both, sessionOf(aSubmitted()));
    expect(sessions).toEqual([other, sessionOf(aSubmitted())]);
  });
});

const closed = (untilMs: number): Budget => ({
  ...FIRST_BUDGET,
  door: { ...FIRST_BUDGET.door, closedUntilMs: untilMs, closedBy: "throttled" },
});

describe("the door, after a POST that could not leave", () => {
  it("is closed for five seconds, and then lets one through first", () => {
    const { door, ...others } = couldNotLeave(closed(START_MS), START_MS);
    expect(door).toMatchObject({ untried: true, closedBy: "unreachable" });
    expect(door.closedUntilMs).toBe(START_MS + 5_000);
    expect({ ...others, door: closed(START_MS).door }).toEqual(closed(START_MS));
  });

  it.each([5_000, 60_000])("stays as it is if it is closed for another %i ms anyhow", (ms) => {
    const before = closed(START_MS + ms);
    expect(couldNotLeave(before, START_MS)).toBe(before);
  });

  it("is closed by the 429 that comes next, and says so", () => {
    const answer = { retryAfterMs: 30_000, latestMs: START_MS };
    const after = throttled(couldNotLeave(FIRST_BUDGET, START_MS), "s", answer, someLimits());
    expect(after.door.closedBy).toBe("throttled");
  });
});
