import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutLine } from "../../../shared/evidence/rows/cut-line.ts";

const cell = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^["\\,[\]]{0,6}$/),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
);

describe("the cells that are cut out of a line", () => {
  it("are those at their places, in their order, and null where the line has none", () => {
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: -1, max: 7 }), { minLength: 1, maxLength: 6 }),
        (row, places) => {
          const expected = JSON.stringify(places.map((place) => row[place] ?? null));
          expect(cutLine(JSON.stringify(row), places)).toBe(expected);
        },
      ),
    );
  });

  it("are refused in a line that was not written by lrq", () => {
    expect(() => cutLine('["a', [0])).toThrow("never ends");
  });
});
