import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { listening } from "../incident/asked-names.ts";
import { webhook } from "../incident/webhooks.ts";
import { page, ROOT, section, tableIn } from "./markdown.ts";

const PAGE = page("docs/sources.md");

/** A batch of one row about this host. */
function rowOf(AdditionalFields: object): object {
  const row = { category: "AdvancedHunting-AlertEvidence", properties: { AdditionalFields } };
  return { records: [row] };
}

/** Bodies that lack what the fixtures have, so that whatever is asked for instead is asked for. */
const THIN: Readonly<Record<string, readonly unknown[]>> = {
  sentinel: [
    { name: "1", properties: { relatedEntities: [{ type: "host" }] } },
    { Entity: { kind: "host", properties: {} } },
    { object: { objectSchemaType: "Alert", properties: { SystemAlertId: "1", Entities: [{}] } } },
    { name: "1", properties: { relatedEntities: [{ kind: "AzureResource" }] } },
  ],
  defender: [
    { id: "1", machineId: "x" },
    { incidentId: 1, alerts: [{ devices: [{}] }] },
    rowOf({ kind: "host", additionalData: {} }),
    rowOf({ type: "host" }),
    rowOf({ type: "azure-resource" }),
  ],
  jira: [{ id: "1", fields: { customfield_1: {} } }],
  graph: [
    { id: "1", evidence: [{ "@odata.type": "#x.deviceEvidence" }] },
    { id: "1", evidence: [{ "@odata.type": "#x.fileEvidence" }] },
  ],
};

/** The sections that explain a source, and the last part of every field named there. */
const SECTIONS = {
  sentinel: ["Microsoft Sentinel", "A host entity"],
  defender: ["Defender", "A host entity"],
  graph: ["Microsoft Graph"],
  servicenow: ["ServiceNow"],
  jira: ["Jira"],
} as const;
type Explained = keyof typeof SECTIONS;
const EXPLAINED = SOURCES.filter((source): source is Explained => source !== "generic");

function fieldsIn(title: string): string[] {
  return tableIn(section(PAGE, title)).flatMap(([cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => lastPart(path)),
  );
}

/** A dot may be in the name itself, as in `@odata.type`. */
function lastPart(path: string): string {
  const at = path.indexOf("@");
  return (at >= 0 ? path.slice(at) : (path.split(".").at(-1) ?? "")).toLowerCase();
}

/** Patterns stand for names that are looked for among all of an object's. */
const isPattern = (name: string) => name.includes("*") || name.endsWith("nextlink");

function fixturesOf(source: string): unknown[] {
  const names = readdirSync(new URL("test/fixtures/webhooks", ROOT));
  const own = names.filter((name) => new RegExp(`^${source}(-.*)?\\.json$`).test(name));
  return own.map((name) => webhook(name.replace(/\.json$/, "")));
}

function askedBy(source: Explained): Set<string> {
  const asked = new Set<string>();
  for (const json of [...fixturesOf(source), ...(THIN[source] ?? [])]) {
    parseIncident(source, listening(json, asked));
  }
  return asked;
}

describe("the page about sources", () => {
  it.each(EXPLAINED)("names every field that the parser of %s asks for, and no other", (source) => {
    const named = new Set(SECTIONS[source].flatMap(fieldsIn).filter((name) => !isPattern(name)));
    const asked = askedBy(source);
    expect([...asked].filter((name) => !named.has(name)).toSorted()).toEqual([]);
    expect([...named].filter((name) => !asked.has(name)).toSorted()).toEqual([]);
  });

  it("names a section for every source, and links the schemas of our own forms", () => {
    expect(EXPLAINED).toHaveLength(SOURCES.length - 1);
    expect(section(PAGE, "Anything else")).toContain("incident-envelope.schema.json");
    expect(page("README.md")).toContain("docs/sources.md");
  });
});
