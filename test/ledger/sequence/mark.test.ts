import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  commentFor,
  sameMark,
  markIn,
  markOf,
  nonceIn,
} from "../../../shared/ledger/sequence/mark.ts";
import { aSequence, SEQUENCE_ID } from "../a-sequence.ts";

const characters = "0123456789abcdefghjkmnpqrstvwxyz".split("");
const word = (length: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: length, maxLength: length });
const marks = fc.record({
  sequenceId: fc.tuple(word(20), word(12)).map(([run, own]) => `${run}.${own}`),
  part: fc.nat(9_999),
  attempt: fc.nat(999_999),
});
const nonces = fc.option(fc.stringMatching(/^[0-9a-f]{32}$/));
const texts = fc.string({ unit: "binary", maxLength: 400 });
const mark = { sequenceId: SEQUENCE_ID, part: 0, attempt: 1 };

describe("the mark of a comment", () => {
  it("comes back as it was, whatever stands behind it", () => {
    fc.assert(
      fc.property(marks, nonces, texts, (sent, nonce, forPeople) => {
        const comment = commentFor(sent, nonce, forPeople);
        expect(comment.length).toBeLessThanOrEqual(300);
        expect(markIn(comment)).toEqual(sent);
        expect(sameMark(markIn(comment), sent)).toBe(true);
        expect(nonceIn(comment)).toBe(nonce);
      }),
    );
  });

  it("is followed by as much as fits into 300 characters, and by no blank at the end", () => {
    const head = commentFor(mark, null, "");
    expect(head).toBe(`[lrq:${SEQUENCE_ID}.0.1]`);
    expect(commentFor(mark, null, "x".repeat(400))).toBe(
      `${head} ${"x".repeat(299 - head.length)}`,
    );
    expect(commentFor(mark, null, `${"x".repeat(298 - head.length)} y`)).toHaveLength(299);
  });

  it.each([
    ["no comment", null],
    ["an empty comment", ""],
    ["a person's words", "isolate this machine"],
    ["our mark quoted further on", `see [lrq:${SEQUENCE_ID}.0.1]`],
    ["a mark on the second line", `x\n[lrq:${SEQUENCE_ID}.0.1]`],
    ["a mark cut short", `[lrq:${SEQUENCE_ID}.0.1`],
    ["a sequence id cut short", `[lrq:${SEQUENCE_ID.slice(1)}.0.1]`],
    ["a sequence id too long", `[lrq:0${SEQUENCE_ID}.0.1]`],
    ["upper case", `[LRQ:${SEQUENCE_ID.toUpperCase()}.0.1]`],
    ["a negative part", `[lrq:${SEQUENCE_ID}.-1.1]`],
    ["a part with an exponent", `[lrq:${SEQUENCE_ID}.1e3.1]`],
    ["an attempt beyond any", `[lrq:${SEQUENCE_ID}.0.${"9".repeat(400)}]`],
    ["digits of another script", `[lrq:${SEQUENCE_ID}.\u0661.1]`],
  ])("is not found in %s", (_, comment) => {
    expect(markIn(comment)).toBeNull();
    expect(sameMark(markIn(comment), mark)).toBe(false);
  });

  it("is followed at once by its nonce, or there is none", () => {
    const head = commentFor(mark, null, "");
    expect(commentFor(mark, "0a1b", "for people")).toBe(`${head}~0a1b for people`);
    for (const other of [null, "", head, `${head} ~0a1b`, `${head}~`, `${head}~X`, "~0a1b"]) {
      expect(nonceIn(other)).toBeNull();
    }
  });

  it("is read by a version of the app that knows no nonces", () => {
    const older = /^\[lrq:([0-9a-z]{20}\.[0-9a-z]{12})\.(\d{1,4})\.(\d{1,6})\]/;
    expect(older.exec(commentFor(mark, "0a1b", ""))?.slice(1)).toEqual([SEQUENCE_ID, "0", "1"]);
  });

  it.each([
    ["the sequence", { ...mark, sequenceId: `${SEQUENCE_ID.slice(0, -1)}0` }],
    ["the part", { ...mark, part: 1 }],
    ["the attempt", { ...mark, attempt: 2 }],
  ])("is another when %s differs", (_, other) => {
    expect(sameMark(other, mark)).toBe(false);
    expect(sameMark({ ...mark }, mark)).toBe(true);
  });

  it("of a record holds its id, part and attempt and nothing else", () => {
    expect(markOf(aSequence({ part: 2, attempt: 5 }))).toEqual({
      sequenceId: SEQUENCE_ID,
      part: 2,
      attempt: 5,
    });
  });
});
