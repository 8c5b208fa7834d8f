import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { admit, nextDispatchMs, paceAfter } from "../../../shared/limits/pace/admit.ts";
import { FIRST_BUDGET, reserve, stamp, type Budget } from "../../../shared/limits/pace/budget.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");

interface Parts extends Partial<Omit<Budget, "door" | "slots" | "sessions">> {
  readonly slots?: readonly Budget["slots"][number][];
  readonly sessions?: readonly Budget["sessions"][number][];
  readonly door?: Partial<Budget["door"]>;
}

function aBudget({ door, slots = [], sessions = [], ...parts }: Parts): Budget {
  const lists = { slots: [...slots], sessions: [...sessions] };
  return {
    ...FIRST_BUDGET,
    listedAtMs: NOW_MS,
    ...parts,
    ...lists,
    door: { ...FIRST_BUDGET.door, ...door },
  };
}

/** That many calls, stamped at that time. */
function calls(count: number, stampedAtMs: number | null, reservedAtMs = NOW_MS): Budget["slots"] {
  return Array.from({ length: count }, (_, index) => ({
    sequenceId: `call-${index}`,
    reservedAtMs,
    stampedAtMs,
  }));
}

function sessions(count: number): Budget["sessions"] {
  return Array.from({ length: count }, (_, index) => ({
    sequenceId: `open-${index}`,
    machineId: `machine-${index}`,
  }));
}

const untried = { untried: true } as const;

describe("the verdict", () => {
  it.each([
    ["all may go while nothing is open", {}, { kind: "go", room: 10, lowerRoom: 10 }],
    ["nobody may go while paused", { paused: { by: "a", why: "b", atMs: 1 } }, { kind: "paused" }],
    [
      "all wait while the door is closed",
      { door: { closedUntilMs: NOW_MS + 1 } },
      { kind: "wait", untilMs: NOW_MS + 1, why: "door" },
    ],
    [
      "the door is open at the very time it was closed until",
      { door: { closedUntilMs: NOW_MS } },
      { kind: "go", room: 10, lowerRoom: 10 },
    ],
    [
      "all wait for the next slot when the window is full",
      { slots: [...calls(9, NOW_MS), ...calls(1, NOW_MS - 1_000)] },
      { kind: "wait", untilMs: NOW_MS + 59_000, why: "token" },
    ],
    [
      "calls under way take slots",
      { slots: calls(7, null) },
      { kind: "go", room: 3, lowerRoom: 3 },
    ],
    ["all sessions taken means full", { sessions: sessions(25) }, { kind: "full" }],
    ["foreign sessions count", { sessions: sessions(20), foreign: 5 }, { kind: "full" }],
    ["more sessions than allowed means full", { sessions: sessions(40) }, { kind: "full" }],
    [
      "the last two sessions are for the urgent lane",
      { sessions: sessions(23) },
      { kind: "go", room: 2, lowerRoom: 0 },
    ],
    [
      "lower lanes leave those two",
      { sessions: sessions(20) },
      { kind: "go", room: 5, lowerRoom: 3 },
    ],
    [
      "a learned cap keeps fewer for the urgent lane",
      { sessions: sessions(10), learnedSessions: 12, learnedAtMs: NOW_MS },
      { kind: "go", room: 2, lowerRoom: 1 },
    ],
    [
      "a small learned cap keeps none",
      { sessions: sessions(4), learnedSessions: 5, learnedAtMs: NOW_MS },
      { kind: "go", room: 1, lowerRoom: 1 },
    ],
    ["one goes after a closure", { door: untried }, { kind: "go", room: 1, lowerRoom: 1 }],
    [
      "one goes after a closure, though earlier calls are in the window",
      { door: untried, slots: calls(5, NOW_MS) },
      { kind: "go", room: 1, lowerRoom: 1 },
    ],
    [
      "no second goes while the first after a closure is under way",
      { door: untried, slots: calls(1, null) },
      { kind: "wait", untilMs: NOW_MS + 92_000, why: "door" },
    ],
    [
      "one that died after a closure blocks only until its call is certainly over",
      { door: untried, slots: calls(1, null, NOW_MS - 92_000) },
      { kind: "go", room: 1, lowerRoom: 1 },
    ],
  ] as const)("is that %s", (_, parts, verdict) => {
    expect(admit(aBudget(parts), NOW_MS, LIMITS)).toEqual(verdict);
  });

  it("lets one through at a time after a closure until one has got through", () => {
    const first = admit(aBudget({ door: untried }), NOW_MS, LIMITS);
    expect(first).toMatchObject({ kind: "go", room: 1 });
    const sent = reserve(aBudget({ door: untried }), { sequenceId: "s", machineId: "m" }, NOW_MS);
    expect(admit(sent, NOW_MS, LIMITS)).toMatchObject({ kind: "wait", why: "door" });
    const answered = stamp(sent, "s", NOW_MS + 500, null);
    expect(admit(answered, NOW_MS + 500, LIMITS)).toMatchObject({ kind: "go", room: 1 });
  });

  it("never lets more go than window and sessions have room, nor waits for a time that is past", () => {
    const budgets = fc.record({
      called: fc.array(fc.option(fc.integer({ min: -70_000, max: 500 })), { maxLength: 14 }),
      open: fc.nat(30),
      foreign: fc.nat(30),
      learnedSessions: fc.option(fc.integer({ min: 1, max: 40 })),
      untried: fc.boolean(),
    });
    fc.assert(
      fc.property(budgets, ({ called, open, foreign, learnedSessions, untried }) => {
        const slots = called.flatMap((ago) => calls(1, ago === null ? null : NOW_MS + ago));
        const learned = { learnedSessions, learnedAtMs: NOW_MS };
        const own = sessions(open);
        const budget = aBudget({ slots, foreign, sessions: own, ...learned, door: { untried } });
        const verdict = admit(budget, NOW_MS, LIMITS);
        const taken = called.filter((ago) => ago === null || ago > -60_000).length;
        const cap = Math.min(25, learnedSessions ?? 25);
        expect(verdict.kind === "wait" ? verdict.untilMs : Infinity).toBeGreaterThan(NOW_MS);
        fc.pre(verdict.kind === "go");
        expect(verdict.room).toBeGreaterThanOrEqual(1);
        expect(verdict.room).toBeLessThanOrEqual(untried ? 1 : 10 - taken);
        expect(verdict.room).toBeLessThanOrEqual(cap - open - foreign);
        expect(verdict.lowerRoom).toBeLessThanOrEqual(verdict.room);
        expect(verdict.lowerRoom).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the pacer", () => {
  it("goes on by one pace for each that went", () => {
    const budget = { ...FIRST_BUDGET, paceAtMs: NOW_MS - 1_000 };
    expect(paceAfter(budget, 1, NOW_MS, LIMITS)).toBe(NOW_MS + 5_000);
    expect(paceAfter(budget, 3, NOW_MS, LIMITS)).toBe(NOW_MS + 17_000);
  });

  it("gives after a rest one call of credit, no more", () => {
    const next = (paceAtMs: number) => paceAfter({ ...FIRST_BUDGET, paceAtMs }, 1, NOW_MS, LIMITS);
    const first = next(NOW_MS - 1_000_000);
    expect(first).toBe(NOW_MS);
    expect(next(first)).toBe(NOW_MS + 6_000);
  });
});

describe("the best that is ready", () => {
  const go = { kind: "go", room: 2, lowerRoom: 1 } as const;
  const urgentOnly = { kind: "go", room: 2, lowerRoom: 0 } as const;
  const door = { kind: "wait", untilMs: NOW_MS + 5_000, why: "door" } as const;

  it.each([
    ["goes at the pacer's time, if it may go", go, NOW_MS + 900, NOW_MS + 900],
    ["goes at once, if the pacer's time is past", go, NOW_MS - 900, NOW_MS],
    ["goes at once, if it can only be urgent", urgentOnly, NOW_MS + 900, NOW_MS],
    ["goes when the wait is over, if the pacer's time is before", door, NOW_MS, NOW_MS + 5_000],
    ["goes at the pacer's time, if the wait is over before", door, NOW_MS + 6_000, NOW_MS + 6_000],
    ["waits for somebody's word while no session is free", { kind: "full" }, NOW_MS, null],
    ["waits for somebody's word while paused", { kind: "paused" }, NOW_MS, null],
  ] as const)("%s", (_, verdict, paceAtMs, dispatchMs) => {
    expect(nextDispatchMs(verdict, aBudget({ paceAtMs }), NOW_MS)).toBe(dispatchMs);
  });
});
