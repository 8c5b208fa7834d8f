import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { laneIn, readyKey } from "../../../shared/ledger/row/keys.ts";
import { LANES, type Lane } from "../../../shared/plan/lane.ts";
import {
  choose,
  dispatchesUntilLongestWaiting,
  isLongestWaitingNext,
  isRetryNext,
} from "../../../shared/limits/pace/choose.ts";

const NOW_MS = 1_000_000;
const key = (lane: Lane, pass: number) => readyKey(lane, pass, `s${pass}`);
const lower = (count: number) => Array.from({ length: count }, (_, index) => key(1, index));
const urgent = (count: number) => Array.from({ length: count }, (_, index) => key(0, index));
const go = (room: number, lowerRoom: number) => ({ kind: "go", room, lowerRoom }) as const;

function chosen(
  ready: readonly string[],
  verdict: ReturnType<typeof go>,
  { overdue = null, paceAtMs = 0 }: { overdue?: string | null; paceAtMs?: number } = {},
): ReturnType<typeof choose> {
  return choose({ ready, overdue }, verdict, { paceAtMs }, NOW_MS);
}

describe("who goes now", () => {
  it.each([
    ["all of a small backlog at once", lower(3), go(3, 3), 0, lower(3), null],
    ["a small backlog whatever the pace", lower(3), go(3, 3), NOW_MS + 9, lower(3), null],
    ["one of more than there is room for", lower(4), go(3, 3), 0, lower(1), null],
    ["none before the pace's time", lower(4), go(3, 3), NOW_MS + 9, [], NOW_MS + 9],
    ["one at the pace's time", lower(4), go(3, 3), NOW_MS, lower(1), null],
    ["urgent ones in any room, at once", urgent(3), go(3, 0), NOW_MS + 9, urgent(3), null],
    ["urgent ones up to the room", urgent(4), go(3, 3), NOW_MS + 9, urgent(3), null],
    ["no lower one when only the reserve is left", lower(2), go(2, 0), 0, [], null],
    [
      "urgent before lower",
      [...urgent(1), ...lower(1)],
      go(2, 2),
      0,
      [...urgent(1), ...lower(1)],
      null,
    ],
    [
      "urgent now, lower at its pace",
      [...urgent(1), ...lower(2)],
      go(2, 2),
      NOW_MS + 9,
      urgent(1),
      NOW_MS + 9,
    ],
    [
      "urgent now, and one lower",
      [...urgent(1), ...lower(3)],
      go(3, 3),
      0,
      [...urgent(1), ...lower(1)],
      null,
    ],
    ["nobody when nobody waits", [], go(3, 3), 0, [], null],
  ] as const)("is %s", (_, ready, verdict, paceAtMs, keys, paceUntilMs) => {
    expect(chosen(ready, verdict, { paceAtMs })).toEqual({ keys, paceUntilMs });
  });

  it("is the overdue one alone, before urgent ones, whatever the pace", () => {
    const overdue = key(3, 1);
    const choice = chosen([...urgent(3), ...lower(1)], go(3, 1), { overdue, paceAtMs: NOW_MS + 9 });
    expect(choice).toEqual({ keys: [overdue], paceUntilMs: null });
  });

  it("is not the overdue one when only the reserve of the urgent lane is left", () => {
    expect(chosen(urgent(3), go(2, 0), { overdue: key(3, 1) }).keys).toEqual(urgent(2));
  });

  it("is never more than the room, never twice the same, and urgent ones first in rank", () => {
    const ranks = fc.uniqueArray(fc.tuple(fc.constantFrom(...LANES), fc.nat(50)), {
      maxLength: 14,
      selector: ([, pass]) => pass,
    });
    const rooms = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.nat(10));
    const others = fc.tuple(fc.boolean(), fc.integer({ min: -10, max: 10 }));
    fc.assert(
      fc.property(ranks, rooms, others, (all, [room, less], [isNext, paceMs]) => {
        const lowerRoom = Math.max(0, room - less);
        const ready = all
          .map(([lane, pass]) => key(lane, pass))
          .sort()
          .slice(0, room + 1);
        const overdue = isNext ? (ready.at(-1) ?? null) : null;
        const paceAtMs = NOW_MS + paceMs;
        const { keys, paceUntilMs } = chosen(ready, go(room, lowerRoom), { overdue, paceAtMs });
        expect(keys.length).toBeLessThanOrEqual(room);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.every((each) => ready.includes(each))).toBe(true);
        const lowers = keys.filter((each) => !isUrgent(each));
        expect(lowers.length).toBeLessThanOrEqual(lowerRoom);
        expect(paceUntilMs ?? Infinity).toBeGreaterThan(NOW_MS);
        const ranked = [
          ...ready.filter(isUrgent).slice(0, room),
          ...ready.filter((each) => !isUrgent(each)).slice(0, lowers.length),
        ];
        expect(keys).toEqual(overdue !== null && lowerRoom > 0 ? [overdue] : ranked);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    [0, false],
    [3, false],
    [4, true],
    [9, true],
  ])("is after %i by rank the longest waiting: %s", (byRank, isNext) => {
    expect(isLongestWaitingNext({ byRank })).toBe(isNext);
  });
});

describe("the dispatches by rank before the turn of the longest waiting", () => {
  it.each([
    [0, 4],
    [3, 1],
    [4, 1],
    [9, 1],
  ])("are after %i such dispatches at most %i more", (byRank, most) => {
    expect(dispatchesUntilLongestWaiting({ byRank })).toBe(most);
  });
});

describe("the retries of offline machines", () => {
  it.each([
    [0, false],
    [94, false],
    [95, true],
    [99, true],
    [100, false],
    [595, true],
  ])("have the next turn after %i dispatches to others: %s", (sinceRetry, isNext) => {
    expect(isRetryNext({ sinceRetry })).toBe(isNext);
  });
});

const isUrgent = (each: string) => laneIn(each) === 0;
