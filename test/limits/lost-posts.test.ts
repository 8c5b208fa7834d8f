import { describe, expect, it } from "vitest";
import { askToCancel, giveBack, loseAnswer } from "../../shared/ledger/moves.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence.ts";
import { lookedFor, withLostOf, withShown } from "../../shared/limits/lost-posts.ts";
import { aClaimed, aSubmitted, HOUR_MS, START_MS } from "../ledger/a-sequence.ts";

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
    ["none of a sequence that had no session", giveBack(lost, READY, null), aClaimed(), []],
  ] as const)("is %s", (_, before, after, expected) => {
    expect(lostBy(before, after)).toEqual(expected);
  });

  it("is looked for until an hour after it was given up, and an hour more once it shows", () => {
    const posts = withLostOf([], lost, giveBack(lost, READY, null), START_MS + 200_000);
    const untilMs = START_MS + 200_000 + HOUR_MS;
    expect(lookedFor(posts, untilMs)).toHaveLength(1);
    expect(lookedFor(posts, untilMs + 1)).toEqual([]);
    const [tag] = posts;
    if (tag === undefined) throw new Error("nothing is lost");
    const shown = { seen: ["Pending"], cancelSent: true };
    const seen = withShown(posts, tag, shown, untilMs);
    expect(lookedFor(seen, untilMs + HOUR_MS)).toMatchObject([shown]);
    const later = withShown(seen, tag, { ...shown, cancelSent: false }, untilMs);
    expect(later).toMatchObject([{ cancelSent: true, claimedAtMs: START_MS }]);
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
