import { describe, expect, it } from "vitest";
import { parseDefinition } from "../../shared/sweep/definition.ts";
import { rowsCommandOf } from "../../shared/plan/profile/profile-schema.ts";
import { blocksIn, page, section } from "../docs/markdown.ts";
import { catalogue } from "../plan/planning.ts";

const DEFINITION = {
  name: "triage",
  title: "Triage",
  profiles: ["windows-triage"],
  targets: { include: [{ names: ["*"] }] },
};

function troubles(changes: object): readonly string[] {
  const parsed = parseDefinition({ ...DEFINITION, ...changes }, "triage", catalogue);
  if (parsed.kind === "parsed") return [];
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

/** The definitions that the page shows: the first sweep, and the one below "The definition". */
const [FIRST = "", SAMPLE = ""] = blocksIn(page("docs/sweeps.md"))
  .filter(({ language }) => language === "json")
  .map(({ text }) => text);

describe("the first sweep of the page", () => {
  const text = section(page("docs/sweeps.md"), "The first sweep");
  const parsed = parseDefinition(JSON.parse(FIRST), "autostarts", catalogue);
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));

  it("is the one that its commands name", () => {
    const named = [...text.matchAll(/`lrq sweeps [a-z]+ ([\w-]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(new Set(named)).toEqual(new Set([parsed.value.name]));
  });

  it("asks for profiles with rows, and stacks them by columns that they have", () => {
    const [, by = ""] = /sweeps stack \w+ --by ([\w,]+)/.exec(text) ?? [];
    expect(by).not.toBe("");
    for (const name of parsed.value.profiles) {
      const profile = catalogue.get(name)?.profile;
      const form = profile === undefined ? null : rowsCommandOf(profile)?.form;
      const columns = form?.columns.map((column) => column.name) ?? [];
      expect(columns).toEqual(expect.arrayContaining(by.split(",")));
    }
  });
});

describe("a definition", () => {
  it("is read as the page shows it", () => {
    const parsed = parseDefinition(JSON.parse(SAMPLE), "triage-of-servers", catalogue);
    expect(parsed).toMatchObject({ kind: "parsed", value: { overlap: "skip", firstWave: 5 } });
  });

  it.each([
    [{ profile: "windows-triage" }, 'Remove the unknown field "profile"'],
    [{ profiles: ["nothing"] }, "profiles.0: Ask for one of:"],
    [{ profiles: ["windows-triage", "run-script"] }, "both are for windows"],
    [{ targets: {} }, 'Send "include" or "query"'],
    [{ targets: { include: [{}] } }, "It needs a member"],
    [{ schedule: { cron: "0 0 31 2 *", zone: "Etc/UTC" } }, "schedule.cron: It never comes due"],
    [{ schedule: { cron: "0 0 * * * *", zone: "Etc/UTC" } }, "schedule.cron: It is no cron"],
    [{ schedule: { cron: "0 0 * * *", zone: "Mars/Olympus" } }, "schedule.zone: Send a time zone"],
    [{ schedule: { once: "tomorrow" } }, 'schedule.once: Send an instant like "2026'],
    [{ schedule: { cron: "0 0 * * *" } }, 'schedule: Send {"cron", "zone"} or {"once"}'],
    [{ window: { from: "22:00", to: "22:00", zone: "Etc/UTC" } }, "two different times"],
    [{ window: { from: "24:00", to: "06:00", zone: "Etc/UTC" } }, '"22:00"'],
    [{ parameters: { nope: "x" } }, "parameters.nope: windows-triage: Remove it"],
    [{ profiles: ["collect-file"] }, "parameters.path: collect-file: Send it"],
    [{ profiles: ["collect-file"], parameters: { path: "x" } }, "parameters.path: collect-file: "],
    [{ expires: "40d" }, "at most 30d"],
    [{ expires: "soon" }, '"30m", "12h" or "7d"'],
    [{ share: 2 }, "share"],
    [{ name: "other" }, "Send the name of the address, triage"],
  ])("with %o is refused with what to change", (changes, said) => {
    expect(troubles(changes).join(" ")).toContain(said);
  });
});
