import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import { isGivenUp } from "../../../shared/ledger/sequence/given-up.ts";
import { FINAL_STATUSES } from "../../../shared/ledger/sequence/machine-action.ts";
import {
  askToCancel,
  claim,
  end,
  giveBack,
  loseAnswer,
  loseSight,
  park,
  stop,
  submit,
} from "../../../shared/ledger/sequence/moves.ts";
import { observe } from "../../../shared/ledger/sequence/progress.ts";
import {
  currentCommands,
  isTerminal,
  LEGAL_MOVES,
  SEQUENCE_STATES,
  sequenceSchema,
  type SequenceRecord,
  type SequenceState,
} from "../../../shared/ledger/sequence/sequence.ts";
import { markOf } from "../../../shared/ledger/sequence/mark.ts";
import { A_NONCE, aClaimed, anActionOf, aSequence, aSubmitted, START_MS } from "../a-sequence.ts";

const READY = { kind: "ready" } as const;
const LATER = { kind: "later", dueAtMs: START_MS + 60_000 } as const;
const OUTCOME = { code: "x", detail: "y" };
const NOW_MS = START_MS + 5_000;
const PARK_MS = START_MS + 90_000;

/** Every function that changes a state, by the state it leads to. */
const WAYS: readonly (readonly [SequenceState, (record: SequenceRecord) => SequenceRecord])[] = [
  ["claimed", (record) => claim(record, NOW_MS, A_NONCE)],
  ["submitted", (record) => submit(record, "action-2", NOW_MS)],
  ["unconfirmed", loseAnswer],
  ["waiting", (record) => giveBack(record, READY, null)],
  ["cancelled", (record) => giveBack({ ...record, cancel: anAsked }, READY, null)],
  ["expired", (record) => end(record, "expired", OUTCOME, NOW_MS)],
  ["refused", (record) => end(record, "refused", OUTCOME, NOW_MS)],
  ["cancelled", (record) => end(record, "cancelled", OUTCOME, NOW_MS)],
  ["failed", (record) => end(record, "failed", OUTCOME, NOW_MS)],
  ["succeeded", (record) => concluded(record, "Succeeded")],
  ["timedOut", (record) => concluded(record, "TimeOut", ["running", "created", "created"])],
  ["failed", (record) => concluded(record, "Failed", ["failed", "created", "created"])],
  ["cancelled", (record) => concluded(record, "Cancelled")],
  ["waiting", (record) => concluded(record, "TimeOut")],
];
const RUNNING = anActionOf(aSubmitted(), "InProgress");
const anAsked = { by: "ana", why: "asked", atMs: START_MS + 1_000, sent: false } as const;

function concluded(
  record: SequenceRecord,
  status: string,
  commands?: Parameters<typeof anActionOf>[2],
): SequenceRecord {
  return conclude(record, anActionOf(record, status, commands), NOW_MS, {
    parkUntilMs: PARK_MS,
    patienceMs: 900_000,
  });
}

function inState(state: SequenceState): SequenceRecord {
  return { ...aSubmitted(), state, place: state === "waiting" ? READY : null };
}

const steps = SEQUENCE_STATES.flatMap((from) => WAYS.map(([to, way]) => ({ from, to, way })));
const isLegal = (from: SequenceState, to: SequenceState) =>
  (LEGAL_MOVES[from] as readonly SequenceState[]).includes(to);

describe("moves", () => {
  it.each(steps.filter(({ from, to }) => isLegal(from, to)))(
    "lead from $from to $to, and leave nothing of the old place behind",
    ({ from, to, way }) => {
      const after = way(inState(from));
      expect(after.state).toBe(to);
      expect(sequenceSchema.parse(after)).toEqual(after);
      expect(after.place === null).toBe(to !== "waiting");
      expect(after.endedAtMs === null).toBe(!isTerminal(after));
    },
  );

  it.each(steps.filter(({ from, to }) => !isLegal(from, to)))(
    "never lead from $from to $to",
    ({ from, to, way }) => {
      expect(() => way(inState(from))).toThrow(`cannot go from ${from} to ${to}`);
    },
  );

  it("reach every state that is legal from somewhere", () => {
    const reached = new Set(steps.map(({ to }) => to));
    expect(
      Object.values(LEGAL_MOVES)
        .flat()
        .filter((state) => !reached.has(state)),
    ).toEqual([]);
  });

  it("count attempts, and forget the action of the one before", () => {
    const again = claim(
      aSequence({ attempt: 2, actionId: "old", actionStatus: "Pending" }),
      NOW_MS,
      A_NONCE,
    );
    expect(again).toMatchObject({ attempt: 3, claimedAtMs: NOW_MS, actionId: null });
    expect(again).toMatchObject({ actionStatus: null, submittedAtMs: null });
  });

  it("count on from the highest attempt, when the record stands at an earlier one", () => {
    expect(claim(aSequence({ attempt: 1, attempts: 3 }), NOW_MS, A_NONCE)).toMatchObject({
      attempt: 4,
      attempts: 4,
    });
  });

  it("let nothing wait for a time past its expiry", () => {
    const expiresAtMs = LATER.dueAtMs - 1;
    const soon = giveBack(aSubmitted({ expiresAtMs }), LATER, null);
    expect(soon.place).toEqual({ kind: "later", dueAtMs: expiresAtMs });
    expect(giveBack(aSubmitted(), LATER, null).place).toEqual(LATER);
    expect(giveBack(aSubmitted({ expiresAtMs }), { kind: "behind" }, null).place).toEqual({
      kind: "behind",
    });
  });

  it("give an attempt up only when its answer was waited for", () => {
    const lost = loseAnswer(aClaimed({ givenUp: [{ part: 0, attempt: 7 }] }));
    expect(giveBack(lost, READY, null).givenUp).toEqual([
      { part: 0, attempt: 7 },
      { part: 0, attempt: 1 },
    ]);
    expect(giveBack(aClaimed(), READY, null).givenUp).toEqual([]);
    const attempt = (part: number, number: number) =>
      isGivenUp(giveBack(lost, READY, null), { ...markOf(lost), part, attempt: number });
    expect([attempt(0, 1), attempt(0, 7), attempt(0, 2), attempt(1, 1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each(["claimed", "unconfirmed", "submitted"] as const)(
    "end what is %s and long not seen as not known",
    (state) => {
      expect(loseSight(inState(state), "no list", NOW_MS)).toMatchObject({
        state: "failed",
        place: null,
        endedAtMs: NOW_MS,
        outcome: { code: "notKnown", detail: "no list" },
      });
    },
  );

  it("keep what earlier parts came to when they note how far the present one got", () => {
    const parts = [...aSequence().parts, ...aSequence().parts];
    const first = observe(aSubmitted({ parts }), anActionOf(aSubmitted(), "Succeeded"));
    const second = { ...first, part: 1 };
    const twice = [1, 2].reduce((record) => observe(record, RUNNING), second);
    expect(twice.actionStatus).toBe("InProgress");
    expect(twice.progress.map(({ part, status }) => [part, status])).toEqual([
      ...Array.from({ length: 3 }, () => [0, "Completed"]),
      ...Array.from({ length: 3 }, () => [1, "Created"]),
    ]);
  });

  it("park only what waits", () => {
    expect(park(aSequence(), LATER, null)).toMatchObject({ state: "waiting", place: LATER });
    expect(() => park(aSubmitted(), LATER, null)).toThrow("is not waiting");
  });

  it("park nothing for longer than until its expiry", () => {
    const { expiresAtMs } = aSequence();
    const after = park(aSequence(), { kind: "later", dueAtMs: expiresAtMs + 1 }, null);
    expect(after.place).toEqual({ kind: "later", dueAtMs: expiresAtMs });
  });

  it("end a sequence instead of giving it back when somebody asked to cancel it meanwhile", () => {
    const after = giveBack(aSubmitted({ cancel: anAsked }), READY, null);
    expect(after).toMatchObject({ state: "cancelled", endedAtMs: anAsked.atMs, place: null });
    expect(after.outcome?.detail).toBe("Cancelled by ana.");
  });

  it("end what comes back and was stopped, unless a part of it was done", () => {
    const stopped = stop(aSubmitted(), "ana", NOW_MS);
    expect(stopped).toMatchObject({ state: "submitted", stopped: { by: "ana", atMs: NOW_MS } });
    expect(giveBack(stopped, READY, null)).toMatchObject({ state: "cancelled", endedAtMs: NOW_MS });
    expect(concluded(stopped, "TimeOut")).toMatchObject({ state: "cancelled" });
    expect(giveBack({ ...stopped, part: 1 }, READY, null).state).toBe("waiting");
    expect(stop(stopped, "bob", NOW_MS + 1).stopped?.by).toBe("ana");
  });

  it.each(["offline", "expired"] as const)("do not hand on a cancel for being %s", (why) => {
    const cancel = { by: "lrq", why, atMs: START_MS, sent: true };
    expect(giveBack(aSubmitted({ cancel }), READY, null).cancel).toBeNull();
  });

  it("refuse to ask for the end of what is over", () => {
    const cancel = { by: "ana", why: "asked" } as const;
    expect(() => askToCancel(inState("succeeded"), cancel, NOW_MS)).toThrow("is over");
    expect(askToCancel(aSubmitted(), cancel, NOW_MS)).toMatchObject({
      state: "submitted",
      cancel: { by: "ana", why: "asked", atMs: NOW_MS, sent: false },
    });
  });
});

describe("a terminal state", () => {
  it("is left by no function, whatever is tried in whatever order", () => {
    const tries = [
      ...WAYS.map(([, way]) => way),
      (record: SequenceRecord) => park(record, LATER, null),
      (record: SequenceRecord) => askToCancel(record, { by: "a", why: "asked" }, NOW_MS),
      (record: SequenceRecord) => observe(record, anActionOf(record, "InProgress")),
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(tries.length - 1), { maxLength: 40 }), (order) => {
        let record = aSequence();
        for (const index of order) {
          const after = attempted(record, tries[index] ?? ((same) => same));
          expect(isTerminal(record) ? after.state : record.state).toBe(record.state);
          record = after;
        }
      }),
    );
  });

  it("refuses every final status of an action", () => {
    const over = SEQUENCE_STATES.filter((state) => isTerminal({ state }));
    expect(over).toHaveLength(6);
    for (const state of over) {
      for (const status of FINAL_STATUSES) {
        expect(() => concluded(inState(state), status)).toThrow("cannot go from");
      }
    }
  });
});

function attempted(
  record: SequenceRecord,
  change: (record: SequenceRecord) => SequenceRecord,
): SequenceRecord {
  try {
    return change(record);
  } catch {
    return record;
  }
}

describe("the commands of the present part", () => {
  it("are there, or the record is no record", () => {
    expect(currentCommands(aSequence())).toHaveLength(3);
    expect(() => currentCommands(aSequence({ part: 1 }))).toThrow("has no part 1");
  });
});
