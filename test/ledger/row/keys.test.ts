import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isWithin, type KeyRange } from "../../../shared/ledger/row/key-range.ts";
import {
  auditKey,
  auditOf,
  behindKey,
  behindRange,
  RATE_TOKEN_KEY,
  custodyKey,
  custodyOf,
  dueBy,
  keyKey,
  intakeKey,
  intakesOf,
  laneIn,
  laneRange,
  LATER,
  laterKey,
  machineIdBehind,
  machineKey,
  MACHINE,
  noticeKey,
  noticesDueBy,
  OUTSTANDING,
  OWED,
  owedKey,
  passIn,
  plannedKey,
  plannedKeyFor,
  ASKED_KEY,
  READY,
  readyKey,
  runIdOfPlanned,
  runIdOfOpening,
  runKey,
  sequenceIdIn,
  sequenceKey,
  sequencesOf,
  QUEUE_HEAD,
  openingKey,
  openingsOf,
} from "../../../shared/ledger/row/keys.ts";
import { LANES } from "../../../shared/plan/lane.ts";
import { MACHINE_ID, RUN_ID, SEQUENCE_ID, START_MS } from "../a-sequence.ts";

const within = (key: string, { from, before }: KeyRange) => from <= key && key < before;
const sign = (a: number | string, b: number | string) => (a < b ? -1 : Number(a > b));

const lane = fc.constantFrom(...LANES);
const pass = fc.oneof(fc.nat(20), fc.nat(10 ** 12 - 1));
const instant = fc.oneof(fc.nat(20), fc.nat(10 ** 13 - 2));

describe("keys", () => {
  it("sort ready sequences by lane, then pass, then id, as their numbers do", () => {
    const rank = fc.tuple(lane, pass, fc.constantFrom("a", "b"));
    fc.assert(
      fc.property(rank, rank, (a, b) => {
        const differing = a.findIndex((part, index) => part !== b[index]);
        const expected = differing < 0 ? 0 : sign(a[differing] ?? 0, b[differing] ?? 0);
        expect(sign(readyKey(...a), readyKey(...b))).toBe(expected);
        const behind = sign(behindKey(MACHINE_ID, ...a), behindKey(MACHINE_ID, ...b));
        expect(behind).toBe(expected);
      }),
    );
  });

  it("sort custody entries by their number", () => {
    const number = fc.nat(99_999_999);
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(sign(custodyKey(RUN_ID, a), custodyKey(RUN_ID, b))).toBe(sign(a, b));
        expect(within(custodyKey(RUN_ID, a), custodyOf(RUN_ID))).toBe(true);
      }),
    );
  });

  it("find exactly what is due, to the millisecond", () => {
    fc.assert(
      fc.property(instant, instant, (dueAtMs, nowMs) => {
        expect(within(laterKey(dueAtMs, SEQUENCE_ID), dueBy(nowMs))).toBe(dueAtMs <= nowMs);
      }),
    );
    expect(within(laterKey(START_MS, SEQUENCE_ID), dueBy(START_MS))).toBe(true);
    expect(within(laterKey(START_MS + 1, SEQUENCE_ID), dueBy(START_MS))).toBe(false);
  });

  it("give back what was put into a ready key", () => {
    fc.assert(
      fc.property(lane, pass, (inLane, atPass) => {
        const key = readyKey(inLane, atPass, SEQUENCE_ID);
        expect([laneIn(key), passIn(key), sequenceIdIn(key)]).toEqual([
          inLane,
          atPass,
          SEQUENCE_ID,
        ]);
        expect(LANES.filter((each) => within(key, laneRange(each)))).toEqual([inLane]);
      }),
    );
  });

  it.each([
    laterKey(START_MS, SEQUENCE_ID),
    behindKey(MACHINE_ID, 1, 7, SEQUENCE_ID),
    owedKey(SEQUENCE_ID),
    sequenceKey(SEQUENCE_ID),
  ])("name the sequence that %s stands for", (key) => {
    expect(sequenceIdIn(key)).toBe(SEQUENCE_ID);
  });

  it("refuse a lane that does not exist", () => {
    expect(() => laneIn("ready!7!000000000001!x")).toThrow("not a ready key");
    expect(() => laneIn("machine!x")).toThrow("not a ready key");
  });

  it("hold numbers cut to whole ones, and none below 0", () => {
    expect(laterKey(1.9, "x")).toBe("later!0000000000001!x");
    expect(laterKey(-5, "x")).toBe("later!0000000000000!x");
    expect(readyKey(1, 10 ** 12 - 1, "x")).toBe("ready!1!999999999999!x");
  });

  it("name whose opening, intake or place in line they stand for", () => {
    expect(runIdOfOpening(openingKey(RUN_ID, 3))).toBe(RUN_ID);
    expect(runIdOfPlanned(plannedKey(RUN_ID, 48))).toBe(RUN_ID);
    expect(machineIdBehind(behindKey(MACHINE_ID, 1, 7, SEQUENCE_ID))).toBe(MACHINE_ID);
    expect(plannedKeyFor(intakeKey(RUN_ID, 48))).toBe(plannedKey(RUN_ID, 48));
  });

  it("are in a range from its first key on, and before the one it ends at", () => {
    const range = { from: "b", before: "d" };
    const keys = ["a", "b", "c", "d", "e"].filter((key) => isWithin(key, range));
    expect(keys).toEqual(["b", "c"]);
  });

  it("of callbacks are found when they are due, to the millisecond", () => {
    for (const noticeId of ["msg_1", "new_1"]) {
      const due = [START_MS - 1, START_MS, START_MS + 1].map((dueAtMs) =>
        noticesDueBy(START_MS).some((range) => isWithin(noticeKey(dueAtMs, noticeId), range)),
      );
      expect(due).toEqual([true, true, false]);
    }
  });

  it("of callbacks that an older release does not know are where it does not look", () => {
    const old = { from: "notice!", before: 'notice"' };
    expect(isWithin(noticeKey(START_MS, "msg_1"), old)).toBe(true);
    expect(isWithin(noticeKey(START_MS, "new_1"), old)).toBe(false);
    expect(isWithin(noticeKey(START_MS, "new_1"), OUTSTANDING)).toBe(true);
  });

  it.each([
    ["openings", openingKey, openingsOf],
    ["intakes", intakeKey, intakesOf],
    ["audit records", auditKey, auditOf],
  ] as const)(
    "of the %s of a run lie in its range, in order, and in no other's",
    (_, keyOf, rangeOf) => {
      const keys = [0, 9, 10, 99_999].map((number) => keyOf(RUN_ID, number));
      expect(keys.every((key) => isWithin(key, rangeOf(RUN_ID)))).toBe(true);
      expect(keys.some((key) => isWithin(key, rangeOf(RUN_ID.slice(0, -1))))).toBe(false);
      expect(keys.toSorted()).toEqual(keys);
    },
  );

  it.each([10 ** 12, 1e21, 1e300, Infinity, Number.NaN])("refuse the pass %s", (number) => {
    expect(() => readyKey(1, number, SEQUENCE_ID)).toThrow("does not fit");
  });

  it("keep the sequences of a run apart from those of another whose id begins alike", () => {
    expect(within(sequenceKey(SEQUENCE_ID), sequencesOf(RUN_ID))).toBe(true);
    expect(within(sequenceKey(`${RUN_ID}x.abc`), sequencesOf(RUN_ID))).toBe(false);
    expect(within(behindKey("ab", 1, 7, SEQUENCE_ID), behindRange("a"))).toBe(false);
    expect(within(behindKey("a", 1, 7, SEQUENCE_ID), behindRange("a"))).toBe(true);
    expect(within(custodyKey("ab", 1), custodyOf("a"))).toBe(false);
  });
});

describe("open work", () => {
  it.each([
    [laterKey(START_MS, SEQUENCE_ID), LATER],
    [laterKey(0, "0"), LATER],
    [machineKey(MACHINE_ID), MACHINE],
    [machineKey("zzzz"), MACHINE],
    [readyKey(0, 0, "0"), READY],
    [readyKey(4, 10 ** 12 - 1, SEQUENCE_ID), READY],
    [owedKey(SEQUENCE_ID), OWED],
    [owedKey("zzzz"), OWED],
  ])("has %s in it, in one family only", (key, family) => {
    expect(within(key, OUTSTANDING)).toBe(true);
    const holding = [LATER, MACHINE, READY, OWED].filter((each) => within(key, each));
    expect(holding).toEqual([family]);
  });

  it("has the budget in it, right before the ready rows, so that one query gets both", () => {
    expect(within(RATE_TOKEN_KEY, OUTSTANDING)).toBe(true);
    const families = [LATER, MACHINE, READY, OWED];
    expect(families.filter((each) => within(RATE_TOKEN_KEY, each))).toEqual([]);
    expect(within(RATE_TOKEN_KEY, QUEUE_HEAD)).toBe(true);
    expect(within(readyKey(0, 0, "0"), QUEUE_HEAD)).toBe(true);
    expect(within(owedKey("zzzz"), QUEUE_HEAD)).toBe(false);
  });

  it.each([
    ASKED_KEY,
    runKey(RUN_ID),
    sequenceKey(SEQUENCE_ID),
    custodyKey(RUN_ID, 1),
    keyKey("00ff"),
    behindKey(MACHINE_ID, 1, 7, SEQUENCE_ID),
  ])("does not have %s in it, which stays when all is done", (key) => {
    expect(within(key, OUTSTANDING)).toBe(false);
  });
});
