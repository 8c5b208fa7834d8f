import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../local/defender-simulator/odata-filter.ts";
import type { FilterValue } from "../../../local/defender-simulator/odata-filter.ts";

function holds(filter: string, fields: Readonly<Record<string, FilterValue>>): boolean | string {
  const parsed = parseFilter(filter);
  return parsed.kind === "filter" ? parsed.test((name) => fields[name]) : parsed.message;
}

describe("a filter", () => {
  it.each([
    ["a eq 1", true],
    ["a ne 1", false],
    ["a lt 2 and a gt 0", true],
    ["a eq 2 or a eq 1 and b eq 'x'", true],
    ["(a eq 2 or a eq 1) and b eq 'y'", false],
    ["not (a eq 1)", false],
    ["b in ('x', 'y')", true],
    ["b in ('y')", false],
    ["startswith(b,'x') and endswith(b, 'x') and contains(b,'x')", true],
    ["n eq null and t eq true", true],
    ["b eq 1", false],
    ["B eq 'x'", false],
  ])("%s", (filter, expected) => {
    expect(holds(filter, { a: 1, b: "x", n: null, t: true })).toBe(expected);
  });

  it("compares any text in quotes with itself, and with nothing else", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const quoted = `b eq '${text.replaceAll("'", "''")}'`;
        expect(holds(quoted, { b: text })).toBe(true);
        expect(holds(quoted, { b: other })).toBe(text === other);
      }),
    );
  });

  it("compares instants as instants", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: -5, max: 5 }), (at, by) => {
        const filter = `at ge ${new Date(at + by).toISOString()}`;
        expect(holds(filter, { at })).toBe(by <= 0);
      }),
    );
  });

  it("is refused or understood, whatever the text, and never throws", () => {
    const words = fc.constantFrom("a", "eq", "in", "(", ")", "'x'", ",", "and", "not", "1", "'");
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const parsed = parseFilter(parts.join(" "));
        expect(["filter", "refused"]).toContain(parsed.kind);
      }),
    );
  });
});
