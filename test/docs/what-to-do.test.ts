import { describe, expect, it } from "vitest";
import { adviceAbout } from "../../shared/advice/advice-about.ts";
import type { Advice } from "../../shared/advice/advice.ts";
import { ATTENTIONS } from "../../shared/advice/attentions.ts";
import { OUTCOMES } from "../../shared/advice/outcomes.ts";
import { REFUSALS } from "../../shared/advice/refusals.ts";
import { WAITS } from "../../shared/advice/waits.ts";
import { FINAL_CODES } from "../../shared/defender/final-codes.ts";
import { page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/what-to-do.md");
const TABLES: readonly (readonly [string, Readonly<Record<string, Advice>>])[] = [
  ["While a sequence waits", WAITS],
  ["When a sequence has ended", OUTCOMES],
  ["When Defender refuses a sequence", REFUSALS],
  ["What else wants a person", ATTENTIONS],
];

describe("what to do", () => {
  it.each(TABLES)("has a table as in the code: %s", (title, table) => {
    const known = Object.entries(table).map(([code, { means, step }]) => {
      return [`\`${code}\``, means, step];
    });
    expect(tableIn(section(PAGE, title))).toEqual(known);
  });

  it("has each code in one table only, so that a code has one meaning", () => {
    const codes = TABLES.flatMap(([, table]) => Object.keys(table));
    expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
  });

  it.each(Object.keys(FINAL_CODES))("has a step for Defender's %s", (code) => {
    expect(adviceAbout(code)?.step).toMatch(/\.$/);
  });

  it("has nothing for a name that every object has", () => {
    expect(adviceAbout("constructor")).toBeNull();
  });
});
