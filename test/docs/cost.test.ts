import { describe, expect, it } from "vitest";
import { settings } from "../../shared/config.ts";
import { page, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/cost.md");

/** Rows of the results: what, how it is reckoned, what comes out. */
const RECKONED = ["Idle", "While one thing is open", "1,000 sequences"]
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
    const [, idle = NaN, looks = NaN] = dollarsOf("Idle");
    expect(cost).toContain(`some $${idle.toFixed(1)}0 a month`);
    expect(cost).toContain(`at most $${looks.toFixed(2)} more`);
    expect(section(PAGE, "Idle")).toContain(`at most $${(idle + looks).toFixed(2)}`);
    const [day = NaN] = dollarsOf("While one thing is open");
    expect(cost).toContain(`$${day.toFixed(2)} a day`);
    const [work = NaN, requests = NaN] = dollarsOf("1,000 sequences");
    expect(work + requests).toBeLessThan(1);
    const [evidence] = INPUTS.get("a GiB of evidence for a month") ?? [];
    expect(cost).toContain(`$${evidence} a month`);
  });

  it("watches as long as the settings say, while one thing is open", () => {
    const open = section(PAGE, "While one thing is open");
    const { shape } = settings;
    expect(open).toContain(`1,440 x ${shape.WATCH_SECONDS.parse(undefined)} s x 2 GB`);
    expect(open).toContain(`| ${shape.APPROVAL_MINUTES.parse(undefined) / 60} h; 7 days with`);
    expect(open).toContain(`| ${shape.SEQUENCE_EXPIRY_HOURS.parse(undefined)} h |`);
    const [perSecond = NaN] = INPUTS.get("a second of one GB of memory") ?? [];
    expect(open).toContain(`with 10 the day costs $${(1_440 * 10 * 2 * perSecond).toFixed(2)}`);
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

/** The amounts among the results of a section, in their order. */
function dollarsOf(title: string): number[] {
  return tableIn(section(PAGE, title)).flatMap(([, , result = ""]) =>
    result.startsWith("$") ? numbersIn(result) : [],
  );
}

/** All numbers in a text, without their commas and units. */
function numbersIn(text: string): number[] {
  return (text.match(/\d[\d,.]*/g) ?? []).map((each) => Number(each.replaceAll(",", "")));
}
