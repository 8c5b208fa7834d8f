import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { excerpt, reportedName } from "../../shared/evidence/reported-text.ts";

describe("text that a machine reported", () => {
  it.each([
    ["plain text, Ünïcode and 😀", "plain text, Ünïcode and 😀"],
    ["a\r\nb\rc\n\td", "a\nb\nc\n\td"],
    ["\u001B[1;31mred\u001B[0m", "red"],
    ["\u001B]0;title\u0007after", "after"],
    ["\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\", "link"],
    ["\u001BPstuff\u001B\\after", "after"],
    ["\u001Bc", "␛c"],
    ["\u001B", "␛"],
    ["\u001B[31", "␛[31"],
    ["\u001B]never ended", "␛]never ended"],
    ["\u001B]ended\u001B[0m", "␛]ended"],
    ["\u0000\u0007\b\u007F", "␀␇␈␡"],
    ["\u009B31m", "\uFFFD31m"],
    ["gpj.\u202Eexe", "gpj.\uFFFDexe"],
    ["\u2066x\u2069 \u2028", "\uFFFDx\uFFFD \uFFFD"],
    ["half \uD83D of a pair", "half \uFFFD of a pair"],
    ["<script>&", "<script>&"],
  ])("%j is shown as %j", (reported, shown) => {
    expect(excerpt(reported, 100)).toEqual({ text: shown, truncated: false });
  });

  it.each([
    ["abcd", 4, "abcd", false],
    ["abcde", 4, "abcd", true],
    ["abc😀", 4, "abc", true],
    ["\u001B[0m".repeat(10), 4, "", true],
    ["\u001B[0mabcd", 4, "abcd", false],
  ])("%j in %i characters is %j (cut: %j)", (reported, maxChars, text, truncated) => {
    expect(excerpt(reported, maxChars)).toEqual({ text, truncated });
  });

  it("holds nothing afterwards that a terminal obeys, and stays as it is when shown again", () => {
    const pieces = fc.constantFrom(
      "\u001B",
      "[",
      "]",
      "m",
      "\\",
      "\u0007",
      "\r",
      "\u202E",
      "\u0085",
    );
    const texts = fc.array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 60 });
    fc.assert(
      fc.property(texts, (parts) => {
        const { text } = excerpt(parts.join(""), 10_000);
        expect(text.replaceAll(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E]/u);
        expect(excerpt(text, 10_000).text).toBe(text);
      }),
    );
  });

  it("is one line when it is a name", () => {
    expect(reportedName("a\r\nb\tc", 100)).toBe("a b c");
  });
});
