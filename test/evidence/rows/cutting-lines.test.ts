import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cuttingLines } from "../../../shared/evidence/rows/cutting-lines.ts";

const cell = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^["\\,[\]]{0,6}$/),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
);

const sideBySide = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .map(([first, count]) => Array.from({ length: count }, (_, at) => first + at));

describe("the cells that are cut out of a line", () => {
  it("are those at their places, in their order, and null where the line has none", () => {
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 6 }),
        fc.oneof(
          fc.array(fc.integer({ min: -1, max: 7 }), { minLength: 1, maxLength: 6 }),
          sideBySide,
        ),
        (row, places) => {
          const expected = JSON.stringify(places.map((place) => row[place] ?? null));
          expect(`[${cuttingLines(places)(JSON.stringify(row))}]`).toBe(expected);
        },
      ),
    );
  });

  it("are refused in a line that was not written by lrq", () => {
    expect(() => cuttingLines([0])('["a')).toThrow("never ends");
  });
});
