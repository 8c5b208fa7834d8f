import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { typedRow } from "../../../shared/evidence/rows/typed-row.ts";
import type { Column } from "../../../shared/plan/profile/rows-form.ts";

function typed(type: Column["type"], value: unknown) {
  return typedRow([{ name: "c", type }], () => value);
}

describe("a cell", () => {
  it.each([
    ["text", "5", "5"],
    ["text", 5, "5"],
    ["text", false, "false"],
    ["text", "", ""],
    ["text", null, null],
    ["text", undefined, null],
    ["number", 5.5, 5.5],
    ["number", "-5.5e3", -5500],
    ["number", "007", 7],
    ["number", "", null],
    ["number", "-9007199254740991", -9_007_199_254_740_991],
    ["text", "9007199254740993", "9007199254740993"],
    ["time", "2028-02-29T23:00:00-02:00", "2028-03-01T01:00:00.000Z"],
    ["boolean", true, true],
    ["boolean", "False", false],
    ["boolean", "", null],
    ["time", "2026-11-29T10:00:00Z", "2026-11-29T10:00:00.000Z"],
    ["time", "2026-11-29 11:00:00.1234567 +01:00", "2026-11-29T10:00:00.123Z"],
    ["time", "2026-11-29T11:00+0100", "2026-11-29T10:00:00.000Z"],
    ["time", "/Date(1795946400000)/", "2026-11-29T10:00:00.000Z"],
  ] as const)("of the type %s takes %j as %j", (type, value, cell) => {
    expect(typed(type, value)).toEqual([cell]);
  });

  it.each([
    ["text", {}],
    ["text", []],
    ["number", "5 GB"],
    ["number", "0x10"],
    ["number", "1e999"],
    ["number", true],
    ["number", " "],
    ["number", "9007199254740993"],
    ["number", Number("9007199254740993")],
    ["text", Number("9007199254740993")],
    ["boolean", 1],
    ["boolean", "yes"],
    ["time", "2026-11-29T10:00:00"],
    ["time", "2026-13-29T10:00:00Z"],
    ["time", "2026-02-30T10:00:00Z"],
    ["time", "2026-02-29T10:00:00+01:00"],
    ["time", "/Date(9999999999999999)/"],
    ["time", 1_795_946_400],
    ["time", "29.11.2026"],
  ] as const)("of the type %s refuses %j", (type, value) => {
    expect(typed(type, value)).toMatch(`c is no ${type}: `);
  });

  it("has the same text for the same instant, wherever it was written", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }),
        fc.integer({ min: -14, max: 14 }),
        (date, hours) => {
          const there = new Date(date.getTime() + hours * 3_600_000).toISOString().slice(0, -1);
          const zone = `${hours < 0 ? "-" : "+"}${`${Math.abs(hours)}`.padStart(2, "0")}:00`;
          expect(typed("time", `${there}${zone}`)).toEqual([date.toISOString()]);
        },
      ),
    );
  });

  it("shows the beginning of what it refuses", () => {
    expect(typed("number", "x".repeat(1_000))).toHaveLength("c is no number: ".length + 43);
  });
});
