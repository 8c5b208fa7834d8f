import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bodyColumns, bodyOf } from "../../shared/azure/entity.ts";

const piece = fc.constantFrom("x", "é", "語", "😀", '"', "\\", "\n", "\u2028", "\ud83d", "\udc00");
const bigText = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 20 }), fc.nat({ max: 3_000 }), fc.string())
  .map(([pieces, times, rest]) => `${pieces.join("").repeat(times)}${rest}`)
  .filter((text) => JSON.stringify(text).length < 300_000);

it("columns are whole text within what a column holds, and give the body back", () => {
  fc.assert(
    fc.property(bigText, (body) => {
      const columns = bodyColumns({ body });
      for (const column of Object.values(columns)) {
        expect(column.length).toBeLessThanOrEqual(32_768);
        // Half a surrogate pair does not survive the way over UTF-8.
        expect(Buffer.from(column, "utf8").toString("utf8") === column).toBe(true);
      }
      expect(bodyOf(columns)).toEqual({ body });
    }),
    { numRuns: 50 },
  );
});

it.each([0, 1])("the biggest body fits in 15 columns, pairs shifted by %i", (shift) => {
  const body = `${"x".repeat(shift)}${"😀".repeat(224_998)}`;
  expect(Object.keys(bodyColumns(body))).toHaveLength(15);
  expect(bodyOf(bodyColumns(body)) === body).toBe(true);
});

it("an entity without a body is not ours", () => {
  expect(() => bodyOf({ rowKey: "budget", other: 1 })).toThrow("row budget has no body");
});
