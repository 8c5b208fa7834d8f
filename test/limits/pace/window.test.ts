import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { unstampedMs } from "../../../shared/limits/pace/limits.ts";
import {
  freeAtMs,
  nextSlotAtMs,
  stamped,
  takenSlots,
  unreserved,
  type Slot,
} from "../../../shared/limits/pace/window.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits({ callsPerWindow: 2 });
/** The longest a POST can be on its way after its slot was reserved. */
const LONGEST_MS = LIMITS.sendFenceMs + LIMITS.callTimeoutMs;
/** A sequence whose answer was lost is not tried again before this. */
const GUARD_MS = LONGEST_MS + 15_000;

/**
 * One call: when, how long the call takes to arrive and then to be answered, and how its
 * holder fares.
 */
interface Call {
  readonly afterMs: number;
  readonly toArriveMs: number;
  readonly toAnswerMs: number;
  readonly fate: "answered" | "stalls" | "dies" | "dies unsent" | "not sent";
  /** How far the clocks of those who grant and stamp lag and lead then. */
  readonly earlyMs: number;
  readonly lateMs: number;
  /** True for a second try of a sequence whose holder died. */
  readonly retries: boolean;
}

const duration = fc.oneof(fc.nat(1_000), fc.nat(LONGEST_MS), fc.constant(LONGEST_MS));
const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.nat(5_000), fc.nat(50_000)),
    toArriveMs: duration,
    toAnswerMs: duration,
    fate: fc.oneof(
      fc.constant("answered" as const),
      fc.constantFrom("stalls", "dies", "dies unsent", "not sent"),
    ),
    earlyMs: fc.nat(2_000),
    lateMs: fc.nat(2_000),
    retries: fc.constantFrom(true, true, false),
  }),
  { minLength: 20, maxLength: 60 },
);

type Event = { readonly atMs: number; readonly settle: (slots: Slot[]) => Slot[] };

/** How a limiter counts: what it stores at the grant, and what it does with the answer. */
interface Design {
  readonly reserve: (sequenceId: string, latestMs: number) => Slot;
  readonly stamp: typeof stamped;
  readonly unreserve: typeof unreserved;
}

const OURS: Design = {
  reserve: (sequenceId, latestMs) => ({ sequenceId, reservedAtMs: latestMs, stampedAtMs: null }),
  stamp: stamped,
  unreserve: unreserved,
};
/** Counts a call from the time it is sent, as a log of send times does. */
const NAIVE: Design = {
  reserve: (sequenceId, latestMs) => ({
    sequenceId,
    reservedAtMs: latestMs,
    stampedAtMs: latestMs,
  }),
  stamp: (slots) => [...slots],
  unreserve: unreserved,
};
/** Stamps the newest call of a sequence, even when the answer is to an older one. */
const NEWEST: Design = {
  ...OURS,
  stamp: (slots, sequenceId, latestMs) => stamped(slots, sequenceId, latestMs, null),
};
/** Plays a schedule against a design; gives back when calls arrived at Defender's door. */
function arrivalsOf(all: readonly Call[], design: Design): number[] {
  let slots: Slot[] = [];
  let pending: Event[] = [];
  let nowMs = 1_000_000;
  const arrivals: number[] = [];
  const lost: { sequenceId: string; grantedAtMs: number }[] = [];
  for (const [index, call] of all.entries()) {
    nowMs += call.afterMs;
    for (const event of pending.filter(({ atMs }) => atMs <= nowMs)) slots = event.settle(slots);
    pending = pending.filter(({ atMs }) => atMs > nowMs);
    slots = takenSlots(slots, nowMs - call.earlyMs, LIMITS);
    if (slots.length >= LIMITS.callsPerWindow) continue;

    const first = lost[0];
    const again = call.retries && first !== undefined && nowMs > first.grantedAtMs + GUARD_MS;
    const sequenceId = again ? first.sequenceId : `sequence-${index}`;
    if (again) lost.shift();
    const reservedAtMs = nowMs + call.lateMs;
    slots = [...slots, design.reserve(sequenceId, reservedAtMs)];
    const arrivesAtMs = nowMs + call.toArriveMs;
    const answeredAtMs = Math.min(arrivesAtMs + call.toAnswerMs, nowMs + LONGEST_MS);
    const latestMs = answeredAtMs + (call.earlyMs % 500);
    if (["answered", "stalls", "dies"].includes(call.fate)) arrivals.push(arrivesAtMs);
    if (["stalls", "dies", "dies unsent"].includes(call.fate)) {
      lost.push({ sequenceId, grantedAtMs: nowMs });
    }
    const stamps = (slots: Slot[]) => design.stamp(slots, sequenceId, latestMs, reservedAtMs);
    const returns = (slots: Slot[]) => design.unreserve(slots, sequenceId, reservedAtMs);
    if (call.fate === "answered") pending.push({ atMs: answeredAtMs, settle: stamps });
    if (call.fate === "not sent") pending.push({ atMs: answeredAtMs, settle: returns });
    // A host that stalls records its answer when others have long given its sequence to somebody
    // else.
    if (call.fate === "stalls") pending.push({ atMs: nowMs + GUARD_MS + 5_000, settle: stamps });
  }
  return arrivals;
}

/** The most arrivals in any half-open window. */
function mostInAWindow(arrivals: readonly number[]): number {
  const counts = arrivals.map(
    (from) => arrivals.filter((at) => at >= from && at < from + LIMITS.windowMs).length,
  );
  return Math.max(0, ...counts);
}

const keepsTheLimit = (design: Design) =>
  fc.property(calls, (all) => mostInAWindow(arrivalsOf(all, design)) <= LIMITS.callsPerWindow);

describe("the window of calls", () => {
  it("never has more arrivals in it than allowed, whatever networks, clocks and deaths do", () => {
    expect(() => fc.assert(keepsTheLimit(OURS), { numRuns: 3_000 })).not.toThrow();
  });

  it("would have more if a call were counted from its sending", () => {
    expect(fc.check(keepsTheLimit(NAIVE), { numRuns: 3_000 }).failed).toBe(true);
  });

  it("would have more if a late answer stamped the call of a newer attempt", () => {
    expect(fc.check(keepsTheLimit(NEWEST), { numRuns: 20_000 }).failed).toBe(true);
  });

  it("is filled to the last call, window after window, when answers come at once", () => {
    const limits = someLimits();
    let slots: Slot[] = [];
    const sent: number[] = [];
    for (let nowMs = 0; nowMs < 5 * limits.windowMs; nowMs += 1_000) {
      slots = takenSlots(slots, nowMs, limits);
      while (slots.length < limits.callsPerWindow) {
        slots = [...slots, { sequenceId: "s", reservedAtMs: nowMs, stampedAtMs: nowMs }];
        sent.push(nowMs);
      }
    }
    expect(sent).toHaveLength(5 * limits.callsPerWindow);
  });

  it("never tells a time to look again at which none is free, or one that is later than need be", () => {
    const slot = fc.record({
      sequenceId: fc.constantFrom("a", "b"),
      reservedAtMs: fc.nat(200_000),
      stampedAtMs: fc.option(fc.nat(200_000)),
    });
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 12 }), fc.nat(300_000), (slots, nowMs) => {
        const untilMs = nextSlotAtMs(slots, nowMs, LIMITS);
        const takenAt = (atMs: number) => takenSlots(slots, atMs, LIMITS).length;
        expect(takenAt(untilMs)).toBeLessThan(LIMITS.callsPerWindow);
        const before = untilMs > nowMs ? takenAt(untilMs - 1) : LIMITS.callsPerWindow;
        expect(before).toBeGreaterThanOrEqual(LIMITS.callsPerWindow);
      }),
    );
  });
});

describe("a slot", () => {
  const dead: Slot = { sequenceId: "s", reservedAtMs: 1_000, stampedAtMs: null };
  const next: Slot = { sequenceId: "s", reservedAtMs: 50_000, stampedAtMs: null };
  const other: Slot = { sequenceId: "t", reservedAtMs: 50_000, stampedAtMs: null };

  it("is free a window after its stamp, to the millisecond", () => {
    const slot = { ...dead, stampedAtMs: 5_000 };
    expect(freeAtMs(slot, LIMITS)).toBe(65_000);
    expect(takenSlots([slot], 64_999, LIMITS)).toEqual([slot]);
    expect(takenSlots([slot], 65_000, LIMITS)).toEqual([]);
  });

  it("whose holder died is free a window after its call can have arrived at the latest", () => {
    expect(freeAtMs(dead, LIMITS)).toBe(1_000 + unstampedMs(LIMITS));
  });

  it("is stamped by its own answer, not by that of another attempt or sequence", () => {
    const slots = [dead, next, other];
    const stampedNext = [dead, { ...next, stampedAtMs: 51_000 }, other];
    expect(stamped(slots, "s", 51_000, null)).toEqual(stampedNext);
    expect(stamped(slots, "s", 51_000, 50_000)).toEqual(stampedNext);
    const late = stamped(slots, "s", 30_000, 1_000);
    expect(late).toEqual([{ ...dead, stampedAtMs: 30_000 }, next, other]);
  });

  it("is not stamped by the late answer of an attempt whose own slot is long forgotten", () => {
    expect(stamped([next], "s", 30_000, 1_000)).toEqual([next]);
  });

  it("is stamped once", () => {
    const once = stamped([dead], "s", 3_000, null);
    expect(stamped(once, "s", 9_000, null)).toEqual(once);
  });

  it("given back leaves that of a dead attempt, which may have called", () => {
    expect(unreserved([dead, next, other], "s", null)).toEqual([dead, other]);
    expect(unreserved([dead, next], "s", 50_000)).toEqual([dead]);
    expect(unreserved([{ ...dead, stampedAtMs: 3_000 }], "s", null)).toHaveLength(1);
  });
});
