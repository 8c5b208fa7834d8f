import { describe, expect, it } from "vitest";
import {
  FIRST_BUDGET,
  holdSession,
  releaseSession,
  reserve,
  sessionCap,
  type Budget,
} from "../../../shared/limits/pace/budget.ts";
import { couldNotLeave } from "../../../shared/limits/pace/door.ts";
import { throttled } from "../../../shared/limits/pace/throttled.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { aClaimed, aSubmitted, RUN_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

describe("a session in the budget", () => {
  it("takes the place of what was known of it, and leaves the others", () => {
    const other = sessionOf(aClaimed({ sequenceId: `${RUN_ID}.other` }));
    const both = [sessionOf(aClaimed()), other].reduce(holdSession, FIRST_BUDGET);
    const { sessions } = holdSession(both, sessionOf(aSubmitted()));
    expect(sessions).toEqual([other, sessionOf(aSubmitted())]);
    const { sequenceId, machineId } = other;
    const bare = { ...FIRST_BUDGET, sessions: [{ sequenceId, machineId }] };
    const known = sessionOf(aSubmitted({ sequenceId }));
    expect(holdSession(bare, known)).toMatchObject({ sessions: [known], openedAtMs: START_MS });
  });
});

function open(count: number, state: "claimed" | "submitted"): Budget["sessions"] {
  return Array.from({ length: count }, (_, index) => {
    const of = { sequenceId: `${RUN_ID}.${index}` };
    return sessionOf(state === "claimed" ? aClaimed(of) : aSubmitted(of));
  });
}

describe("a session that tells nothing", () => {
  it("leaves nothing of what was told before it", () => {
    const { glance: _, ...bare } = sessionOf(aSubmitted());
    const before = holdSession(FIRST_BUDGET, sessionOf(aSubmitted()));
    expect(holdSession(before, bare).sessions).toEqual([bare]);
  });
});

describe("a cap that was learned", () => {
  const learned = { learnedSessions: 5, learnedAtMs: START_MS };
  const capOf = (parts: Partial<Budget>) =>
    sessionCap({ ...FIRST_BUDGET, ...learned, ...parts }, START_MS, someLimits());

  it("is what is open by now, ours and others', if that is more", () => {
    expect(capOf({ sessions: open(4, "submitted") })).toBe(5);
    expect(capOf({ sessions: open(4, "submitted"), foreign: 3 })).toBe(7);
    expect(capOf({ sessions: open(40, "submitted") })).toBe(25);
  });

  it("does not count claims, for nobody knows yet whether they fit", () => {
    expect(capOf({ sessions: open(9, "claimed") })).toBe(5);
    expect(capOf({ sessions: open(9, "claimed"), foreign: 6 })).toBe(6);
  });

  it("is tried again sooner after others' sessions than after the same of ours alone", () => {
    const ours = { ...learned, learnedSessions: 8, sessions: open(8, "submitted") };
    const answer = { retryAfterMs: null, latestMs: START_MS };
    const capAfter = (parts: Partial<Budget>, ms: number) => {
      const after = throttled({ ...FIRST_BUDGET, ...parts }, "s", answer, someLimits());
      return sessionCap(after, START_MS + ms, someLimits());
    };
    const mixed = { ...ours, sessions: open(7, "submitted"), foreign: 1 };
    expect([59_999, 60_000].map((ms) => capAfter(mixed, ms))).toEqual([8, 9]);
    expect([299_999, 300_000].map((ms) => capAfter(ours, ms))).toEqual([8, 9]);
  });
});

describe("when a session was last opened", () => {
  it("is told by the answer to its POST, and never goes back", () => {
    const opened = holdSession(FIRST_BUDGET, sessionOf(aSubmitted()));
    expect(opened.openedAtMs).toBe(START_MS);
    const earlier = aSubmitted({ sequenceId: `${RUN_ID}.other`, submittedAtMs: START_MS - 1 });
    expect(holdSession(opened, sessionOf(earlier)).openedAtMs).toBe(START_MS);
    const claimed = holdSession(opened, sessionOf(aClaimed({ sequenceId: `${RUN_ID}.x` })));
    expect(claimed.openedAtMs).toBe(START_MS);
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

function post(budget: Budget, sequenceId: string, atMs: number): Budget {
  return reserve(budget, { sequenceId, machineId: sequenceId }, atMs);
}

function refuse(budget: Budget, sequenceId: string, latestMs: number): Budget {
  const answer = { retryAfterMs: null, latestMs };
  return releaseSession(throttled(budget, sequenceId, answer, someLimits()), sequenceId, null);
}

describe("two POSTs of one burst", () => {
  it("that are refused one after the other are no two refusals in a row", () => {
    const both = ["a", "b"].reduce((budget, id) => post(budget, id, START_MS), {
      ...FIRST_BUDGET,
      sessions: open(19, "submitted"),
    });
    const first = refuse(both, "a", START_MS + 10);
    expect(first.learnedSessions).toBe(20);
    // Another was sent meanwhile, and has come to nothing.
    const other = releaseSession(post(first, "c", START_MS + 15), "c", null);
    const second = refuse(other, "b", START_MS + 20);
    expect(second).toMatchObject({ learnedSessions: 19, door: { closedUntilMs: 0 } });
  });
});
