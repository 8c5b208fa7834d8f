import { describe, expect, it } from "vitest";
import { askToCancel, giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import {
  lookedFor,
  lostOf,
  withLostOf,
  withoutLost,
  withShown,
  type LostPost,
} from "../../../shared/limits/pace/lost-posts.ts";
import { aClaimed, aSubmitted, HOUR_MS, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";

const READY = { kind: "ready" } as const;
const lost = loseAnswer(aClaimed());
const asked = askToCancel(lost, { by: "ana", why: "asked" }, START_MS);
const lostBy = (before: SequenceRecord, after: SequenceRecord) =>
  withLostOf([], before, after, START_MS + 200_000).map(({ attempt }) => attempt);

describe("a POST whose action may still show", () => {
  it.each([
    ["one whose answer never came", lost, giveBack(lost, READY, null), [1]],
    ["one that nobody wrote down", aClaimed(), giveBack(lost, READY, null), [1]],
    ["one that was cancelled meanwhile", asked, giveBack(asked, READY, null), [1]],
    ["one whose action Defender lost", aSubmitted(), aSubmitted({ state: "failed" }), [1]],
    ["one given up for an earlier one", lost, aSubmitted({ attempt: 0 }), [1]],
    ["none that was adopted", lost, aSubmitted(), []],
    [
      "none whose action ended",
      lost,
      aSubmitted({ state: "waiting", actionStatus: "TimeOut" }),
      [],
    ],
    ["none that was somebody else's", aSubmitted(), aSubmitted({ state: "waiting" }), []],
    ["none of a sequence that waited", giveBack(lost, READY, null), aClaimed({ attempt: 2 }), []],
    [
      "one whose action was open when last seen",
      aSubmitted(),
      aSubmitted({ state: "failed", actionStatus: "Pending" }),
      [1],
    ],
    ["none of a sequence that had no session", giveBack(lost, READY, null), aClaimed(), []],
  ] as const)("is %s", (_, before, after, expected) => {
    expect(lostBy(before, after)).toEqual(expected);
  });

  it("is looked for until an hour after it was given up, and an hour more once it shows", () => {
    const posts = withLostOf([], lost, giveBack(lost, READY, null), START_MS + 200_000);
    const untilMs = START_MS + 200_000 + HOUR_MS;
    expect(lookedFor(posts, untilMs)).toHaveLength(1);
    expect(lookedFor(posts, untilMs + 1)).toEqual([]);
    const [mark] = posts;
    if (mark === undefined) throw new Error("nothing is lost");
    const shown = { seen: ["Pending"], cancelSent: true };
    const seen = withShown(posts, mark, shown, untilMs);
    expect(lookedFor(seen, untilMs + HOUR_MS)).toMatchObject([shown]);
    const later = withShown(seen, mark, { ...shown, cancelSent: false }, untilMs);
    expect(later).toMatchObject([{ cancelSent: true, claimedAtMs: START_MS }]);
  });

  it("remembers how old it was when it was given up, and whose it is", () => {
    const at = START_MS + 200_000;
    const post = { sequenceId: SEQUENCE_ID, part: 0, attempt: 1, claimedAtMs: START_MS };
    const known = { ...post, missedMs: 200_000, seen: null, cancelSent: false };
    expect(withLostOf([], lost, giveBack(lost, READY, null), at)).toMatchObject([known]);
    const undated = { ...lost, claimedAtMs: null };
    expect(withLostOf([], undated, giveBack(undated, READY, null), at)).toMatchObject([
      { claimedAtMs: at, missedMs: 0 },
    ]);
    const early = withLostOf([], lost, giveBack(lost, READY, null), START_MS - 1);
    expect(early).toMatchObject([{ missedMs: 0 }]);
  });

  it("is one of several, told apart by part and attempt", () => {
    const marks = [1, 2].map((attempt) => ({ sequenceId: SEQUENCE_ID, part: 0, attempt }));
    const [first, second] = marks;
    if (first === undefined || second === undefined) throw new Error("there are two");
    const shown = { seen: ["Pending"], cancelSent: false };
    const both = marks.reduce<LostPost[]>(
      (posts, mark) => withShown(posts, mark, shown, START_MS),
      [],
    );
    expect(both.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(lostOf(both, second)?.attempt).toBe(2);
    expect(lostOf(both, { ...first, part: 1 })).toBeNull();
    expect(withoutLost(both, first).map(({ attempt }) => attempt)).toEqual([2]);
    const again = withShown(both, first, { ...shown, seen: ["InProgress"] }, START_MS);
    expect(again.map(({ seen }) => seen)).toEqual([["Pending"], ["InProgress"]]);
    // What is looked for no longer goes with the next that is noted.
    const later = START_MS + HOUR_MS + 1;
    expect(withShown(both, first, shown, later)).toHaveLength(1);
    expect(withLostOf(both, aSubmitted(), aSubmitted(), later)).toEqual([]);
  });

  it("makes room for newer ones when a hundred are lost", () => {
    let posts = withLostOf([], lost, giveBack(lost, READY, null), START_MS);
    for (let attempt = 2; attempt <= 150; attempt += 1) {
      const next = { ...lost, attempt };
      posts = withLostOf(posts, next, giveBack(next, READY, null), START_MS);
    }
    expect(posts).toHaveLength(100);
    expect(posts.at(-1)?.attempt).toBe(150);
  });
});
