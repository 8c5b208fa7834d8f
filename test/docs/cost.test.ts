import { describe, expect, it } from "vitest";
import { page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/cost.md");

/** Rows of the results: what, how it is reckoned, what comes out. */
const RECKONED = ["Idle", "1,000 sequences"]
  .flatMap((title) => tableIn(section(PAGE, title)))
  .filter(([, formula = ""]) => formula.includes(" x "));

const INPUTS = new Map(tableIn(PAGE).map(([name = "", value = ""]) => [name, numbersIn(value)]));

describe("the page about costs", () => {
  it("has results to reckon again", () => {
    expect(RECKONED.length).toBeGreaterThan(5);
  });

  it.each(RECKONED)("%s: %s comes to %s", (_what, formula = "", result = "") => {
    const terms = formula.split(" / 10,000");
    const product = numbersIn(terms.join(" ")).reduce((so, each) => so * each, 1);
    const value = terms.length > 1 ? product / 10_000 : product;
    const digits = result.startsWith("$") ? 2 : 0;
    expect(numbersIn(result)).toEqual([Number(value.toFixed(digits))]);
  });

  it("reckons with the inputs of its own table", () => {
    const used = RECKONED.flatMap(([, formula = ""]) => numbersIn(formula));
    const prices = ["a second of one GB of memory", "10,000 requests to tables, queues or blobs"];
    for (const price of prices) expect(used).toContain(INPUTS.get(price)?.[0]);
  });

  it("says the same in the README", () => {
    const cost = section(page("README.md"), "Cost").replaceAll(/\s+/g, " ");
    const dollars = RECKONED.flatMap(([, , result = ""]) =>
      result.startsWith("$") ? numbersIn(result) : [],
    );
    const [, idle = NaN, work = NaN, requests = NaN] = dollars;
    expect(cost).toContain(`some $${idle.toFixed(1)}0 a month`);
    expect(work + requests).toBeLessThan(1);
    const [evidence] = INPUTS.get("a GiB of evidence for a month") ?? [];
    expect(cost).toContain(`$${evidence} a month`);
  });

  it("wakes up as often as what is deployed", () => {
    const polls = /pollSchedule string = '0 \* \* \* \* \*'/.exec(page("infra/main.bicep"));
    const reconciles = /schedule: "0 7,37 \* \* \* \*"/.exec(page("functions/reconcile.ts"));
    expect([polls, reconciles]).not.toContain(null);
    expect(section(PAGE, "Idle")).toContain((24 * 60 + 24 * 2).toLocaleString("en-US"));
  });

  it("has the memory that is deployed", () => {
    const megabytes = /instanceMemoryMB int = (\d+)/.exec(page("infra/main.bicep"))?.[1];
    expect(INPUTS.get("memory of an instance")).toEqual([Number(megabytes) / 1_024]);
  });
});

/** All numbers in a text, without their commas and units. */
function numbersIn(text: string): number[] {
  return (text.match(/\d[\d,.]*/g) ?? []).map((each) => Number(each.replaceAll(",", "")));
}
