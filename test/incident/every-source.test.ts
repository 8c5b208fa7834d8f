import { describe, expect, it } from "vitest";
import type { Severity, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { changed, webhook } from "./webhooks.ts";

/** What a source makes of its fixture with one field changed. */
function kindOf(source: Source, path: string, value: unknown): string {
  return parseIncident(source, changed(webhook(source), path, value)).kind;
}

function severityOf(source: Source, path: string, value: unknown): Severity | null {
  const parsed = parseIncident(source, changed(webhook(source), path, value));
  return parsed.kind === "parsed" ? parsed.value.severity : null;
}

/** That many machine ids, separated by spaces. */
function ids(count: number): string {
  return Array.from({ length: count }, (_, at) => at.toString(16).padStart(40, "0")).join(" ");
}

describe("severity", () => {
  it.each([
    ["sentinel", "object.properties.severity", "Informational", "informational"],
    ["sentinel", "object.properties.severity", "Grave", "unknown"],
    ["defender", "value.1.severity", "UnSpecified", "medium"],
    ["graph", "severity", "unknownFutureValue", "unknown"],
    ["graph", "severity", "LOW", "low"],
    ["servicenow", "severity", "1 - High", "high"],
    ["servicenow", "severity", 3, "low"],
    ["servicenow", "severity", { display_value: "2 - Medium", value: "2" }, "medium"],
    ["servicenow", "severity", "10", "unknown"],
    ["servicenow", "priority", "1", "critical"],
    ["servicenow", "priority", "1 - Critical", "critical"],
    ["servicenow", "priority", { display_value: "Kritisch", value: "1" }, "critical"],
    ["servicenow", "priority", "5", "medium"],
    ["servicenow", "impact", "1", "high"],
    ["servicenow", "urgency", 1, "high"],
    ["jira", "issue.fields.priority.name", "Highest", "critical"],
    ["jira", "issue.fields.priority.name", "constructor", "unknown"],
    ["jira", "issue.fields.priority", null, "unknown"],
  ] as const)("of %s with %s %j is %s", (source, path, value, severity) => {
    expect(severityOf(source, path, value)).toBe(severity);
  });
});

describe("nothing to do", () => {
  it.each([
    ["sentinel", "object.properties.status", "Closed"],
    ["sentinel", "object.properties.relatedEntities", []],
    ["sentinel", "object.properties.relatedEntities", undefined],
    ["graph", "status", "resolved"],
    ["graph", "evidence", []],
    ["servicenow", "state", "6"],
    ["servicenow", "state", { display_value: "Closed", value: "7" }],
    ["servicenow", "state", { display_value: "Geschlossen", value: "7" }],
    ["servicenow", "incident_state", "7"],
    ["servicenow", "active", "false"],
    ["servicenow", "active", false],
    ["servicenow", "active", 0],
    ["servicenow", "active", "0"],
    ["servicenow", "active", { display_value: "nein", value: "0" }],
    ["servicenow", "active", { value: false }],
    ["servicenow", "active", { display_value: "false", value: "false" }],
    ["servicenow", "event", "delete"],
    ["servicenow", "u_mde_device_id", ["no id"]],
    ["jira", "webhookEvent", "jira:issue_deleted"],
    ["jira", "webhookEvent", "comment_created"],
    ["jira", "issue.fields.status.statusCategory.key", "done"],
  ] as const)("is what %s gives with %s %j", (source, path, value) => {
    const json = changed(webhook(source), path, value);
    const withoutName = path === "u_mde_device_id" ? changed(json, "cmdb_ci", undefined) : json;
    expect(parseIncident(source, withoutName).kind).toBe("nothingToDo");
  });

  it("is said with what to send instead for a Graph change notification", () => {
    const notification = {
      subscriptionId: "00000000-0000-4000-8000-000000000003",
      clientState: "fake",
      changeType: "created",
      resource: "security/alerts/da1",
      resourceData: { id: "da1" },
    };
    expect(parseIncident("graph", { value: [notification] })).toEqual({
      kind: "nothingToDo",
      detail: expect.stringContaining("$expand=alerts"),
      skipped: [],
    });
  });

  it("is said of machines whose ids and names are both unusable", () => {
    const hosts = [{ kind: "Host", properties: { hostName: "two words" } }];
    const json = changed(webhook("sentinel"), "object.properties.relatedEntities", hosts);
    expect(parseIncident("sentinel", json)).toEqual({
      kind: "nothingToDo",
      detail: expect.stringContaining("None of the 1 machines"),
      skipped: [{ machine: "two words", reason: expect.stringContaining("no DNS name") }],
    });
  });

  it("is said of a ServiceNow reference sent as a sys_id, which only looks like a name", () => {
    const json = { sys_id: "1", cmdb_ci: "9d385017c611228701d22104cc95c371" };
    expect(parseIncident("servicenow", json)).toEqual({
      kind: "nothingToDo",
      detail: expect.stringContaining("display value in cmdb_ci"),
      skipped: [{ machine: json.cmdb_ci, reason: expect.stringContaining("sys_id") }],
    });
  });
});

describe("refusals", () => {
  it.each([
    ["sentinel", "object.properties", undefined, "object.properties"],
    ["graph", "evidence", undefined, "evidence"],
    ["jira", "issue.fields", undefined, "issue.fields"],
  ] as const)("%s without %s say where", (source, path, value, where) => {
    const parsed = parseIncident(source, changed(webhook(source), path, value));
    expect(parsed).toMatchObject({ kind: "invalid", problems: [{ path: where }] });
  });

  it.each(["sentinel", "defender", "graph", "servicenow", "jira", "generic"] as const)(
    "meet what is no object at all from %s",
    (source) => {
      for (const json of [null, 7, "text", [], {}, [[]]]) {
        expect(parseIncident(source, json).kind).toBe("invalid");
      }
    },
  );

  it("meet an id that is too long or holds unseen characters", () => {
    expect(kindOf("servicenow", "sys_id", "a".repeat(201))).toBe("invalid");
    expect(kindOf("servicenow", "sys_id", "a\u0000b")).toBe("invalid");
    expect(kindOf("servicenow", "sys_id", "a".repeat(200))).toBe("parsed");
  });

  it("meet alerts of several incidents", () => {
    expect(kindOf("defender", "value.1.incidentId", 7)).toBe("invalid");
  });

  it("meet more than 500 machines", () => {
    expect(kindOf("servicenow", "u_mde_device_id", ids(501))).toBe("invalid");
    expect(kindOf("servicenow", "u_mde_device_id", `${ids(499)} ${ids(499)}`)).toBe("parsed");
  });
});

describe("hostile text", () => {
  it("is cut and put on one line in a title", () => {
    const title = `a\r\nb\u202ec\u0000${"x".repeat(100_000)}`;
    const json = changed(webhook("sentinel"), "object.properties.title", title);
    const parsed = parseIncident("sentinel", json);
    expect(parsed.kind === "parsed" && parsed.value.title).toMatch(/^a b c x{293}…$/);
  });

  it("is no link: only https without a password is one", () => {
    for (const url of ["http://a.example", "javascript:alert(1)", "https://u:p@a.example", "x"]) {
      const json = changed(webhook("sentinel"), "object.properties.incidentUrl", url);
      const parsed = parseIncident("sentinel", json);
      expect(parsed.kind === "parsed" && parsed.value.url).toBeNull();
    }
  });
});
