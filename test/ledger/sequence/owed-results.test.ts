import { describe, expect, it } from "vitest";
import { owedKey, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { move, rowsOf, type Stored } from "../../../shared/ledger/sequence/rows.ts";
import {
  isFinished,
  owesResults,
  type SequenceRecord,
  type SequenceResult,
} from "../../../shared/ledger/sequence/sequence.ts";
import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import { anActionOf, aResult, aSubmitted, SEQUENCE_ID, START_MS } from "../a-sequence.ts";

const key = owedKey(SEQUENCE_ID);
const stored = (value: SequenceRecord): Stored<SequenceRecord> => ({ value, etag: "e" });
const noteOf = (record: SequenceRecord) => rowsOf(record).get(key);

/** A sequence that succeeded, with these results. */
function over(...results: SequenceResult[]): SequenceRecord {
  return aSubmitted({ state: "succeeded", endedAtMs: START_MS + 9, results });
}

describe("the note of owed results", () => {
  it("is due with the first of them, and names the first trouble", () => {
    const tried = aResult({ dueAtMs: START_MS + 70, detail: "HTTP 503" });
    const other = aResult({ index: 2, dueAtMs: START_MS + 50, detail: "HTTP 404" });
    expect(noteOf(over(tried, other))).toMatchObject({
      dueAtMs: START_MS + 50,
      detail: "HTTP 503",
    });
    expect(noteOf(over(aResult(), other))).toMatchObject({ detail: "HTTP 404" });
    const stored = aResult({ state: "stored", dueAtMs: START_MS, detail: "HTTP 500" });
    expect(noteOf(over(stored, aResult()))).toMatchObject({ dueAtMs: START_MS + 9, detail: null });
  });

  it("is due at once where it is not known when its action ended", () => {
    const submitted = aSubmitted({ results: [aResult()] });
    expect(noteOf(submitted)).toMatchObject({ dueAtMs: START_MS });
    expect(noteOf({ ...submitted, submittedAtMs: null })).toMatchObject({ dueAtMs: 0 });
  });

  it.each([
    ["is due later", { dueAtMs: START_MS + 99 }, { dueAtMs: START_MS + 99, detail: null }],
    ["failed anew", { detail: "HTTP 503" }, { dueAtMs: START_MS + 9, detail: "HTTP 503" }],
  ])("is renewed when a try %s", (_, more, body) => {
    const changes = move(stored(over(aResult())), over(aResult(more)));
    expect(changes).toContainEqual({ op: "replace", key, body: { v: 1, ...body }, etag: "*" });
    expect(changes).toHaveLength(2);
  });

  it("is not written again while it says the same", () => {
    const changes = move(stored(over(aResult())), over(aResult({ tries: 1 })));
    expect(changes.map((each) => each.key)).toEqual([sequenceKey(SEQUENCE_ID)]);
  });
});

describe("a sequence", () => {
  it("owes results as long as one of them is owed", () => {
    const [owed, stored] = [aResult(), aResult({ state: "stored" })];
    expect(owesResults(over(stored, owed))).toBe(true);
    expect(owesResults(over(stored, aResult({ state: "unavailable" })))).toBe(false);
  });
});

describe("a sequence that has ended", () => {
  it("is finished when nothing is owed but what somebody asked for again", () => {
    expect(isFinished(over())).toBe(true);
    expect(isFinished(over(aResult({ state: "stored" }), aResult({ again: true })))).toBe(true);
    expect(isFinished(over(aResult({ again: true }), aResult()))).toBe(false);
    expect(isFinished(aSubmitted())).toBe(false);
    const action = anActionOf(aSubmitted(), "Succeeded");
    const offline = { parkUntilMs: START_MS, patienceMs: 0 };
    expect(isFinished(conclude(aSubmitted(), action, START_MS, offline))).toBe(false);
  });
});
