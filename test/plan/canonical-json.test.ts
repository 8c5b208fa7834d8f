import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";

describe("canonical JSON", () => {
  it("says the same value as JSON does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain = JSON.stringify(value);
        expect(JSON.stringify(JSON.parse(canonicalJson(JSON.parse(plain))))).toBe(
          JSON.stringify(inOrder(JSON.parse(plain))),
        );
      }),
    );
  });

  it("is the same text in whatever order the members come", () => {
    const members = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 1 }));
    fc.assert(
      fc.property(members, (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });

  it("sorts by UTF-16 code units, at each depth, and leaves lists in their order", () => {
    const value = { "\uFFFD": 1, "😀": 2, b: [2, 1, { z: null, a: true }], B: "", "10": 0, "9": 0 };
    expect(canonicalJson(value)).toBe(
      '{"10":0,"9":0,"B":"","b":[2,1,{"a":true,"z":null}],"😀":2,"\uFFFD":1}',
    );
  });

  it.each([undefined, Number.NaN, Infinity, 1n, Symbol("s"), () => 1])(
    "refuses what JSON cannot hold, however deep: %s",
    (value) => {
      expect(() => canonicalJson(value)).toThrow(/^JSON cannot contain this/);
      expect(() => canonicalJson({ a: [{ b: value }] })).toThrow(/^JSON cannot contain this/);
    },
  );
});

/** The same value with its members in the order of their names. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, member]) => [name, inOrder(member)]));
}
