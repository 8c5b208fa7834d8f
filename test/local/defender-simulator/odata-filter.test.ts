import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../local/defender-simulator/odata-filter.ts";
import type { FilterValue } from "../../../local/defender-simulator/odata-filter.ts";

const NAMES = ["a", "b", "n", "t", "at", "tags/any"];

function holds(filter: string, fields: Readonly<Record<string, FilterValue>>): boolean | string {
  const parsed = parseFilter(filter, NAMES);
  return parsed.kind === "filter" ? parsed.test((name) => fields[name] ?? null) : parsed.message;
}

describe("a filter", () => {
  it.each([
    ["a eq 1", true],
    ["a ne 1", false],
    ["a lt 2 and a gt 0", true],
    ["a eq 2 or a eq 1 and b eq 'xy'", true],
    ["a eq 1 and b eq 'y' or a eq 2", false],
    ["startswith(b,'x') and contains( b , 'y')", true],
    ["startswith(b,'y')", false],
    ["tags/any(t: t eq 'web')", true],
    ["Tags/Any(tag:tag eq 'it''s') and a eq 1", true],
    ["tags/any(t: t eq 'we')", false],
    ["n eq null and t eq true", true],
    ["b eq 1", false],
    ["b eq 'x and a eq 1'", false],
    ["B EQ 'xy'", true],
  ])("%s", (filter, expected) => {
    const fields = { a: 1, b: "xy", n: null, t: true, "tags/any": ["web", "it's"] };
    expect(holds(filter, fields)).toBe(expected);
  });

  it.each([
    ["", "Syntax error"],
    ["a eq", "Syntax error"],
    ["a eq 1 and", "Syntax error"],
    ["a eq 1 a eq 1", "Syntax error"],
    ["(a eq 1)", "Syntax error"],
    ["a eq 2026-13-77", "Syntax error"],
    ["tags/any(t: s eq 'web')", "Syntax error"],
    ["tags eq 'web'", "'tags' cannot be used"],
    ["a/any(t: t eq 'web')", "'a/any' cannot be used"],
    ["startswith(z,'x')", "'z' cannot be used"],
  ])("is refused when it is %j", (filter, why) => {
    expect(holds(filter, {})).toContain(why);
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
    const words = fc.constantFrom("a", "eq", "/any(", "(", ")", "'x'", ",", "and", "or", "1", "'");
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const parsed = parseFilter(parts.join(" "), NAMES);
        expect(["filter", "refused"]).toContain(parsed.kind);
      }),
    );
  });
});
