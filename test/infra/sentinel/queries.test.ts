import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { complete, queriesIn, TABLES } from "../../../infra/queries.mjs";
import { SEQUENCE_STATES } from "../../../shared/ledger/sequence/sequence.ts";
import { page } from "../../docs/markdown.ts";
import { infraFile } from "../snapshot.ts";
import { eventsIn, eventsInCode } from "./logged-events.ts";
import { resourceOf, templateAt } from "./templates.ts";

const QUERIES = queriesIn(fileURLToPath(new URL("../../../infra/", import.meta.url)));
const OVER_EVENTS = QUERIES.filter(({ text }) => /\bLrqEvents\(\)/.test(text));

const EVERY_MINUTES = 60;
/** A line is in the workspace by then, as a rule. */
const LATE_MINUTES = 5;

const IN_CODE = eventsInCode();

describe("the queries", () => {
  it("are the function, the rules, the hunting queries, and those of the workbook", () => {
    const kinds = QUERIES.map(({ name }) => /^\w+/.exec(name)?.[0]);
    expect(new Set(kinds)).toEqual(new Set(["LrqEvents", "Rules", "Hunting", "workbook"]));
  });

  it.each(OVER_EVENTS)("$name asks only for events that the code logs", ({ text }) => {
    const asked = eventsIn(text);
    expect(asked).not.toEqual([]);
    expect(asked.filter((event) => !IN_CODE.has(event))).toEqual([]);
  });

  it.each(QUERIES.filter(({ name }) => name.includes("/")))("$name is on the page", ({ name }) => {
    const [, title = ""] = /\/(\w+)\.kql$/.exec(name) ?? [];
    expect(page("docs/sentinel.md")).toContain(`| \`${title}\` |`);
  });

  it("read what is only in tables with a schema", () => {
    const tables = QUERIES.flatMap(({ text }) =>
      [...text.matchAll(/workspace\("\{LrqWorkspace\}"\)\.(\w+)/g)].map(([, name]) => name),
    );
    expect(new Set(tables)).toEqual(new Set(Object.keys(TABLES)));
  });

  it("are read by the language service with the function in front, in one workspace", () => {
    const query = { name: "Rules/X.kql", text: "LrqEvents() | take 1" };
    const text = complete(query, QUERIES);
    expect(text).toMatch(/^let LrqEvents = \(\) \{\n.*\};\nLrqEvents\(\) \| take 1$/s);
    expect(text).not.toContain("workspace(");
  });

  it("of the workbook have an item for each subject", () => {
    const subjects = QUERIES.map(({ name }) => /^workbook: (\w+)/.exec(name)?.[1]);
    const asked = ["Queue", "Sessions", "Runs", "Sweeps", "Evidence", "Failures"];
    expect(subjects).toEqual(expect.arrayContaining(asked));
  });

  it("over the log of storage leave out every identity of lrq, of two apps both", () => {
    const storage = QUERIES.filter(({ text }) => text.includes("StorageBlobLogs"));
    expect(storage.length).toBeGreaterThan(1);
    for (const { text } of storage) {
      expect(text).toContain('RequesterObjectId !in ("{LrqPrincipalIds}")');
    }
    const outputs = ["LRQ_IDENTITY_PRINCIPAL_ID", "LRQ_FRONT_IDENTITY_PRINCIPAL_ID"];
    for (const output of outputs) {
      expect(page("infra/main.bicep")).toContain(`output ${output} string`);
      expect(page("docs/sentinel.md")).toContain(output);
    }
  });

  it("know the states in which a sequence has left Defender", () => {
    const { text = "" } = QUERIES.find(({ name }) => name.startsWith("workbook: Sessions")) ?? {};
    const [, states = ""] = /\["state"\]\) in \(([^)]*)\)/.exec(text) ?? [];
    const left = z.array(z.enum(SEQUENCE_STATES)).parse(JSON.parse(`[${states}]`));
    const rest = SEQUENCE_STATES.filter((state) => !left.includes(state));
    expect(rest).toEqual(["claimed", "unconfirmed", "submitted"]);
  });
});

describe("the template of rules, hunting queries and workbook", () => {
  const template = templateAt("Content");

  it("deploys every query, and lets rules begin disabled", () => {
    const deployed = JSON.stringify(template.variables);
    for (const { name, text } of QUERIES.filter((each) => !each.name.startsWith("workbook"))) {
      expect([name, deployed.includes(JSON.stringify(text).slice(1, -1))]).toEqual([name, true]);
    }
    expect(deployed).toContain(
      JSON.stringify(JSON.parse(infraFile("sentinel/Content/workbook.json"))),
    );
    expect(template.parameters["Enabled"]).toMatchObject({ defaultValue: false });
  });

  it("puts the identities of lrq where the queries leave them out", () => {
    expect(template.parameters["LrqPrincipalIds"]).toMatchObject({ type: "array", minLength: 1 });
    const queries = template.resources
      .map((each) => z.object({ query: z.string() }).safeParse(each["properties"]).data?.query)
      .filter((query) => query?.includes("{LrqPrincipalIds}"));
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      const listed = `'{LrqPrincipalIds}', join(parameters('LrqPrincipalIds'), '", "')`;
      expect(query).toContain(listed);
    }
  });

  it("looks back further than each rule's interval, so that no late line is lost", () => {
    const rules = z
      .array(z.looseObject({ name: z.string(), period: z.string() }))
      .parse(template.variables["rules"]);
    expect(rules.map(({ name }) => `Rules/${name}.kql`).toSorted()).toEqual(
      QUERIES.map(({ name }) => name).filter((name) => name.startsWith("Rules/")),
    );
    for (const { name, period } of rules) {
      const { text = "" } = QUERIES.find((each) => each.name === `Rules/${name}.kql`) ?? {};
      const minutes = [...text.matchAll(/ago\((\d+)([hd])\)/g)].map(
        ([, count, unit]) => Number(count) * (unit === "d" ? 1_440 : 60),
      );
      const [, days = 0, hours = 0] = /^P(?:(\d+)D)?(?:T(\d+)H)?$/.exec(period) ?? [];
      expect(Math.min(...minutes)).toBeGreaterThanOrEqual(EVERY_MINUTES + LATE_MINUTES);
      expect(Math.max(...minutes)).toBeLessThanOrEqual(Number(days) * 1_440 + Number(hours) * 60);
    }
    const periods = Object.fromEntries(rules.map(({ name, period }) => [name, period]));
    expect(periods).toEqual({
      EvidenceReadByNewCaller: "P14D",
      KillSwitchUsed: "PT2H",
      // As long as APPROVAL_MINUTES may let a run wait.
      ApprovedWithinTheTeam: "P7D",
      EvidenceChangedPastLrq: "PT2H",
      Impersonation: "PT2H",
      CustodyTrouble: "PT2H",
    });
    const rule = resourceOf(template, "Microsoft.SecurityInsights/alertRules");
    expect(rule["properties"]).toMatchObject({
      queryFrequency: `PT${EVERY_MINUTES / 60}H`,
      triggerThreshold: 0,
    });
  });

  it("calls the function by the name that the queries use", () => {
    const saved = template.resources.find(({ type }) => type.endsWith("/savedSearches"));
    expect(saved?.["properties"]).toMatchObject({ functionAlias: "LrqEvents" });
  });

  it("names no resource of ours, and is no copy of a user's workbook", () => {
    const workbook = infraFile("sentinel/Content/workbook.json");
    expect(workbook).not.toMatch(/\/subscriptions\/|sentinel-UserWorkbook/);
  });
});
