import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasUnseen, oneLine } from "../../shared/incident/text.ts";

describe("one line of text", () => {
  it("is within its bound, without anything unseen, and stays as it is the second time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, bound) => {
        const line = oneLine(text, bound);
        expect(line.length).toBeLessThanOrEqual(bound);
        expect(hasUnseen(line)).toBe(false);
        expect(oneLine(line, bound)).toBe(line);
      }),
    );
  });

  it("never ends in half of a pair", () => {
    expect(oneLine("a😀😀😀", 3)).toBe("a…");
    expect(oneLine("a😀😀😀", 4)).toBe("a😀…");
    expect(oneLine("a\ud83d b", 9)).toBe("a b");
  });
});
