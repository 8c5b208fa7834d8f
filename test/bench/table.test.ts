import { describe, expect, it } from "vitest";
import { atLeast, atMost, markdownOf, row, tableOf } from "../../bench/table.ts";

const FACTS = { part: "drain", measure: "slots", setting: "4 workers", unit: "x" };

describe("a row", () => {
  it("keeps a bound it reaches exactly", () => {
    expect(row({ ...FACTS, value: 0.97, bound: atLeast(0.97) }).ok).toBe(true);
    expect(row({ ...FACTS, value: 8, bound: atMost(8) }).ok).toBe(true);
  });

  it("misses a bound by any amount", () => {
    expect(row({ ...FACTS, value: 0.969, bound: atLeast(0.97) }).ok).toBe(false);
    expect(row({ ...FACTS, value: 8.01, bound: atMost(8) }).ok).toBe(false);
  });

  it("keeps no bound with what could not be measured", () => {
    expect(row({ ...FACTS, value: Number.NaN, bound: atMost(8) }).ok).toBe(false);
  });

  it("without a bound claims nothing", () => {
    expect(row({ ...FACTS, value: 430 })).toMatchObject({ bound: null, ok: true });
  });
});

describe("the table", () => {
  it("says beside each value what was to be reached, and what was missed", () => {
    const rows = [
      row({ ...FACTS, value: 0.97512, bound: atLeast(0.97) }),
      row({ ...FACTS, value: 12.345, bound: atMost(8) }),
      row({ ...FACTS, value: 430 }),
    ];
    const lines = tableOf(rows).split("\n");
    expect(lines[1]).toMatch(/0\.975 {2}x {5}>= 0\.97$/);
    expect(lines[2]).toMatch(/ 12\.3 {2}x {5}<= 8 {5}MISSED$/);
    expect(lines[3]).toMatch(/ 430 {2}x$/);
    expect(markdownOf(rows).split("\n")[3]).toBe(
      "| slots | 4 workers | 12.3 x | <= 8: **MISSED** |",
    );
  });
});
