import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commentFor, sameTag, tagIn, tagOf } from "../../../shared/ledger/sequence/tag.ts";
import { aSequence, SEQUENCE_ID } from "../a-sequence.ts";

const characters = "0123456789abcdefghjkmnpqrstvwxyz".split("");
const word = (length: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: length, maxLength: length });
const tags = fc.record({
  sequenceId: fc.tuple(word(20), word(12)).map(([run, own]) => `${run}.${own}`),
  part: fc.nat(9_999),
  attempt: fc.nat(999_999),
});
const tag = { sequenceId: SEQUENCE_ID, part: 0, attempt: 1 };

describe("the tag of a comment", () => {
  it("comes back as it was, whatever stands behind it", () => {
    fc.assert(
      fc.property(tags, fc.string({ unit: "binary", maxLength: 400 }), (sent, forPeople) => {
        const comment = commentFor(sent, forPeople);
        expect(comment.length).toBeLessThanOrEqual(300);
        expect(tagIn(comment)).toEqual(sent);
        expect(sameTag(tagIn(comment), sent)).toBe(true);
      }),
    );
  });

  it("is followed by as much as fits into 300 characters, and by no blank at the end", () => {
    const head = commentFor(tag, "");
    expect(head).toBe(`[lrq:${SEQUENCE_ID}.0.1]`);
    expect(commentFor(tag, "x".repeat(400))).toBe(`${head} ${"x".repeat(299 - head.length)}`);
    expect(commentFor(tag, `${"x".repeat(298 - head.length)} y`)).toHaveLength(299);
  });

  it.each([
    ["no comment", null],
    ["an empty comment", ""],
    ["a person's words", "isolate this machine"],
    ["our tag quoted further on", `see [lrq:${SEQUENCE_ID}.0.1]`],
    ["a tag on the second line", `x\n[lrq:${SEQUENCE_ID}.0.1]`],
    ["a tag cut short", `[lrq:${SEQUENCE_ID}.0.1`],
    ["a sequence id cut short", `[lrq:${SEQUENCE_ID.slice(1)}.0.1]`],
    ["a sequence id too long", `[lrq:0${SEQUENCE_ID}.0.1]`],
    ["upper case", `[LRQ:${SEQUENCE_ID.toUpperCase()}.0.1]`],
    ["a negative part", `[lrq:${SEQUENCE_ID}.-1.1]`],
    ["a part with an exponent", `[lrq:${SEQUENCE_ID}.1e3.1]`],
    ["an attempt beyond any", `[lrq:${SEQUENCE_ID}.0.${"9".repeat(400)}]`],
    ["digits of another script", `[lrq:${SEQUENCE_ID}.\u0661.1]`],
  ])("is not found in %s", (_, comment) => {
    expect(tagIn(comment)).toBeNull();
    expect(sameTag(tagIn(comment), tag)).toBe(false);
  });

  it.each([
    ["the sequence", { ...tag, sequenceId: `${SEQUENCE_ID.slice(0, -1)}0` }],
    ["the part", { ...tag, part: 1 }],
    ["the attempt", { ...tag, attempt: 2 }],
  ])("is another when %s differs", (_, other) => {
    expect(sameTag(other, tag)).toBe(false);
    expect(sameTag({ ...tag }, tag)).toBe(true);
  });

  it("of a record holds its id, part and attempt and nothing else", () => {
    expect(tagOf(aSequence({ part: 2, attempt: 5 }))).toEqual({
      sequenceId: SEQUENCE_ID,
      part: 2,
      attempt: 5,
    });
  });
});
