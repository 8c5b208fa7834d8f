import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRecords } from "../../../shared/evidence/rows/csv-records.ts";
import { csvHeader, csvRow, rowObjectOf } from "../../../shared/evidence/rows/row-lines.ts";

const whose = { machineId: "m1", machineName: "pc-1", collectedAtMs: 0 };
const AT = "1970-01-01T00:00:00.000Z";

function lineOf(...cells: readonly (string | number | boolean | null)[]): string {
  const names = cells.map((_, index) => `c${index}`);
  return csvRow(whose, names, names, cells);
}

describe("a row in an export", () => {
  it("says whose it is, and has a value for each column", () => {
    expect(rowObjectOf(whose, ["a", "b", "c"], [1, "x"])).toEqual({
      machineId: "m1",
      machineName: "pc-1",
      collectedAt: AT,
      a: 1,
      b: "x",
      c: null,
    });
  });

  it("has its cells below the names of a CSV, whatever columns its profile has", () => {
    expect(csvHeader(["a", "b", "c"])).toBe("machineId,machineName,collectedAt,a,b,c\r\n");
    expect(csvRow(whose, ["a", "b", "c"], ["c", "a"], [true, 5])).toBe(`m1,pc-1,${AT},5,,true\r\n`);
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1"])(
    "is no formula in a spreadsheet, though a machine said %j",
    (cell) => {
      const [read] = csvRecords(lineOf(cell), false);
      expect(read).toEqual(["m1", "pc-1", AT, `'${cell}`]);
    },
  );

  it("keeps numbers below zero, which are no formulas", () => {
    expect(lineOf(-5)).toBe(`m1,pc-1,${AT},-5\r\n`);
  });

  it("is never a formula, and otherwise what the machine said", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (cells) => {
        const records = [...csvRecords(lineOf(...cells), false)];
        expect(records).toHaveLength(1);
        const read = Array.isArray(records[0]) ? records[0].slice(3) : [];
        expect(read.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n＝＋－＠])/, ""))).toEqual(cells);
        expect(read.some((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))).toBe(false);
      }),
    );
  });

  it("names a machine that calls itself a formula without letting it be one", () => {
    expect(csvRow({ ...whose, machineName: "=cmd" }, [], [], [])).toBe(`m1,"'=cmd",${AT}\r\n`);
  });
});
