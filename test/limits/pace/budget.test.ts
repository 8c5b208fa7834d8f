import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { admit } from "../../../shared/limits/pace/admit.ts";
import {
  FIRST_BUDGET,
  freeSessions,
  holdSession,
  releaseSession,
  reserve,
  sessionCap,
  stamp,
  type Budget,
} from "../../../shared/limits/pace/budget.ts";
import { openDoor } from "../../../shared/limits/pace/door.ts";
import { throttled } from "../../../shared/limits/pace/throttled.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const CREEP_MS = 300_000;

/** A budget with that many sessions of ours open, none of whose calls is in the window any more. */
function withSessions(count: number, parts: Partial<Budget> = {}): Budget {
  const sessions = Array.from({ length: count }, (_, index) => ({
    sequenceId: `open-${index}`,
    machineId: `machine-${index}`,
  }));
  return { ...FIRST_BUDGET, sessions, ...parts };
}

/** The budget after a POST was sent at `atMs` and answered with 429. */
function refused(budget: Budget, retryAfterMs: number | null, atMs = NOW_MS): Budget {
  const sent = stamp(reserve(budget, { sequenceId: "s", machineId: "m" }, atMs), "s", atMs, null);
  const closed = throttled(sent, "s", { retryAfterMs, latestMs: atMs }, LIMITS);
  return releaseSession(closed, "s", null);
}

describe("a 429 that says how long", () => {
  it("closes the door until then, also near the cap, and then lets one through", () => {
    for (const open of [0, 24]) {
      const after = refused(withSessions(open), 42_000);
      expect(after.door).toMatchObject({ closedUntilMs: NOW_MS + 42_000, untried: true });
      expect(after.learnedSessions).toBeNull();
      const until = { kind: "wait", untilMs: NOW_MS + 42_000, why: "door" };
      expect(admit(after, NOW_MS + 41_999, LIMITS)).toEqual(until);
      expect(admit(after, NOW_MS + 42_000, LIMITS)).toMatchObject({ kind: "go", room: 1 });
    }
  });

  it("never opens a door sooner than an earlier one said", () => {
    const after = refused(refused(FIRST_BUDGET, 600_000), 1_000);
    expect(after.door.closedUntilMs).toBe(NOW_MS + 600_000);
  });

  it("does not make the pauses of those that say nothing grow", () => {
    const withWait = refused(refused(FIRST_BUDGET, 5_000), 5_000, NOW_MS + 5_000);
    const bare = refused(withWait, null, NOW_MS + 10_000);
    expect(bare.door.closedUntilMs).toBe(NOW_MS + 70_000);
  });
});

describe("a 429 without a word", () => {
  it.each([
    ["ours", 24, 0],
    ["foreign ones", 0, 24],
    ["both together", 20, 4],
  ])(
    "near the cap, with %s open, is read as the cap and leaves the door open",
    (_, ours, foreign) => {
      const after = refused(withSessions(ours, { foreign }), null);
      expect(after.learnedSessions).toBe(24);
      expect(after.door).toMatchObject({ closedUntilMs: 0, untried: false, step: 0 });
      expect(admit(after, NOW_MS, LIMITS)).toEqual({ kind: "full" });
    },
  );

  it("far below the assumed cap is read as the cap too, and tried again after a minute", () => {
    const after = refused(withSessions(5), null);
    expect(after).toMatchObject({ learnedSessions: 5, door: { closedUntilMs: 0, step: 0 } });
    expect(after.door.othersSuspected).toBe(false);
    expect(sessionCap(after, NOW_MS + 59_999, LIMITS)).toBe(5);
    expect(sessionCap(after, NOW_MS + 60_000, LIMITS)).toBe(6);
    // Seen again at the same number, it is believed for longer.
    const again = refused(after, null, NOW_MS + 60_000);
    expect(sessionCap(again, NOW_MS + 359_999, LIMITS)).toBe(5);
    expect(sessionCap(again, NOW_MS + 360_000, LIMITS)).toBe(6);
  });

  it("with fewer open than were refused before, and none opened since, is of others' calls", () => {
    const first = refused(withSessions(20), null);
    const fewer = { ...first, sessions: first.sessions.slice(1) };
    const after = refused(fewer, null, NOW_MS + 10_000);
    expect(after.learnedSessions).toBe(20);
    expect(after.door).toMatchObject({ closedUntilMs: NOW_MS + 70_000, othersSuspected: true });
    // At the very instant of the first is not since.
    const atOnce = refused({ ...fewer, openedAtMs: NOW_MS }, null, NOW_MS + 10_000);
    expect(atOnce.learnedSessions).toBe(20);
    // One that was opened in between shows that calls are not what is short.
    const opened = refused({ ...fewer, openedAtMs: NOW_MS + 5_000 }, null, NOW_MS + 10_000);
    expect(opened).toMatchObject({ learnedSessions: 19, door: { closedUntilMs: 0 } });
  });

  it("is not read as a cap while all calls of one window are used, and all sessions are of it", () => {
    const full = (open: number, parts: Partial<Budget> = {}) => {
      let budget = withSessions(open, parts);
      for (let call = 0; call < 9; call += 1) {
        const sequenceId = `call-${call}`;
        const sent = reserve(budget, { sequenceId, machineId: "m" }, NOW_MS);
        budget = releaseSession(stamp(sent, sequenceId, NOW_MS, null), sequenceId, null);
      }
      return refused(budget, null);
    };
    expect(full(10)).toMatchObject({ learnedSessions: null, door: { othersSuspected: false } });
    expect(full(10).door.closedUntilMs).toBe(NOW_MS + 60_000);
    expect(full(11)).toMatchObject({ learnedSessions: 11, door: { closedUntilMs: 0 } });
    // Unless that is as many as fitted before.
    const learned = { learnedSessions: 10, learnedAtMs: NOW_MS };
    expect(full(10, learned)).toMatchObject({ learnedSessions: 10, door: { closedUntilMs: 0 } });
  });

  it("names others only where their actions are listed, or nothing else explains it", () => {
    expect(refused(withSessions(12, { foreign: 3 }), null).door.othersSuspected).toBe(true);
    expect(refused(withSessions(12), null).door.othersSuspected).toBe(false);
    expect(refused(withSessions(20), 5_000).door.othersSuspected).toBe(false);
    expect(refused(withSessions(3), 5_000).door.othersSuspected).toBe(true);
    expect(refused(withSessions(12, { foreign: 3 }), 5_000).door.othersSuspected).toBe(true);
    const half = withSessions(12, { learnedSessions: 24, learnedAtMs: NOW_MS });
    expect(refused(half, 5_000).door.othersSuspected).toBe(false);
  });

  it("closes it for a growing while, fifteen times the first at most", () => {
    let [budget, atMs] = [FIRST_BUDGET, NOW_MS];
    const pauses = Array.from({ length: 20 }, () => {
      budget = refused(budget, null, atMs);
      const pauseMs = budget.door.closedUntilMs - atMs;
      atMs = budget.door.closedUntilMs;
      return pauseMs / LIMITS.closedDoorMs;
    });
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 15, 15]);
    expect(new Set(pauses.slice(6))).toEqual(new Set([15]));
  });

  it("counts once for a burst sent together, however many of it are refused", () => {
    let budget = FIRST_BUDGET;
    for (let call = 0; call < 10; call += 1) budget = refused(budget, null, NOW_MS + call);
    expect(budget.door.step).toBe(1);
    expect(budget.door.closedUntilMs).toBe(NOW_MS + 9 + LIMITS.closedDoorMs);
  });

  it("closes the door when nothing is open that could fill a cap, however small the cap", () => {
    const after = refused(withSessions(0, { learnedSessions: 1, learnedAtMs: NOW_MS }), null);
    expect(after.door.closedUntilMs).toBe(NOW_MS + LIMITS.closedDoorMs);
    expect(after.learnedSessions).toBe(1);
  });

  it("in a burst at the cap learns what is really open, not what was refused with it", () => {
    let budget = withSessions(22);
    const burst = ["a", "b", "c"];
    for (const sequenceId of burst) {
      budget = reserve(budget, { sequenceId, machineId: sequenceId }, NOW_MS);
    }
    for (const sequenceId of burst) {
      const answer = { retryAfterMs: null, latestMs: NOW_MS };
      budget = releaseSession(throttled(budget, sequenceId, answer, LIMITS), sequenceId, null);
    }
    expect(sessionCap(budget, NOW_MS, LIMITS)).toBe(22);
    expect(freeSessions(budget, NOW_MS, LIMITS)).toBe(0);
  });

  it.each([
    ["fewer calls than allowed", 4, true],
    ["all calls that are allowed", 9, false],
  ])("after %s of ours tells whether others call too", (_, before, suspected) => {
    let budget = FIRST_BUDGET;
    for (let call = 0; call < before; call += 1) {
      budget = stamp(
        reserve(budget, { sequenceId: `${call}`, machineId: "m" }, NOW_MS),
        `${call}`,
        NOW_MS,
        null,
      );
      budget = releaseSession(budget, `${call}`, null);
    }
    expect(refused(budget, null).door.othersSuspected).toBe(suspected);
  });
});

describe("the door after a closure", () => {
  it("is open to all once one has got through", () => {
    const after = openDoor(refused(FIRST_BUDGET, 5_000), NOW_MS + 5_000);
    expect(after.door).toMatchObject({ untried: false, step: 0 });
    const watched = { ...after, listedAtMs: NOW_MS };
    expect(admit(watched, NOW_MS + 5_000, LIMITS)).toMatchObject({ kind: "go", room: 9 });
  });

  it("is not tried by an answer to a call that was sent before it closed", () => {
    const closed = refused(FIRST_BUDGET, null);
    expect(openDoor(closed, NOW_MS + 1)).toEqual(closed);
  });
});

describe("the cap on sessions", () => {
  it("creeps up one by one after it was learned, never above the setting", () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 1, max: 60 })), fc.nat(100), (learned, creeps) => {
        const budget = withSessions(0, { learnedSessions: learned, learnedAtMs: NOW_MS });
        const cap = sessionCap(budget, NOW_MS + creeps * CREEP_MS, LIMITS);
        expect(cap).toBe(Math.min(25, (learned ?? 25) + creeps));
        const justBefore = sessionCap(budget, NOW_MS + (creeps + 1) * CREEP_MS - 1, LIMITS);
        expect(justBefore).toBe(cap);
        expect(sessionCap(budget, NOW_MS - 1_000, LIMITS)).toBe(Math.min(25, learned ?? 25));
      }),
    );
  });

  it("rises with a session that was opened beyond it", () => {
    const learned = withSessions(8, { learnedSessions: 8, learnedAtMs: NOW_MS });
    const machine = { sequenceId: "s", machineId: "m" };
    const glance = (state: "claimed" | "submitted") => ({
      ...machine,
      glance: {
        part: 0,
        attempt: 1,
        state,
        actionId: null,
        claimedAtMs: NOW_MS,
        submittedAtMs: state === "submitted" ? NOW_MS + 1_000 : null,
        expiresAtMs: NOW_MS + 9_000_000,
        cancel: null,
        lane: 1 as const,
        offlineTimes: 0,
        claims: [],
      },
    });
    const claimed = holdSession(learned, glance("claimed"));
    expect(claimed).toMatchObject({ learnedSessions: 8, openedAtMs: 0 });
    const open = holdSession(claimed, glance("submitted"));
    expect(open).toMatchObject({ learnedSessions: 9, openedAtMs: NOW_MS + 1_000 });
    // Seen again, it is no news.
    const fewer = { ...open, learnedSessions: 4 };
    expect(holdSession(fewer, glance("submitted")).learnedSessions).toBe(4);
    expect(holdSession(withSessions(3), glance("submitted")).learnedSessions).toBeNull();
  });

  it("leaves no fewer than no sessions free", () => {
    expect(freeSessions(withSessions(20, { foreign: 30 }), NOW_MS, LIMITS)).toBe(0);
    expect(freeSessions(withSessions(20, { foreign: 2 }), NOW_MS, LIMITS)).toBe(3);
  });

  it.each([
    ["is younger than the guard time", { claimedAtMs: NOW_MS - LIMITS.guardMs + 1 }, 4],
    ["is as old as that", { claimedAtMs: NOW_MS - LIMITS.guardMs }, 5],
    ["has an action that a list has shown", { claimedAtMs: NOW_MS, seen: ["Pending"] }, 5],
  ])("keeps one for a POST that was given up and %s, if it may have one", (_, post, free) => {
    const given = { sequenceId: "s", part: 0, attempt: 2, missedMs: 0, cancelSent: false };
    const lost = [{ ...given, untilMs: NOW_MS, seen: null, ...post }];
    expect(freeSessions(withSessions(20, { lost }), NOW_MS, LIMITS)).toBe(free);
  });
});
