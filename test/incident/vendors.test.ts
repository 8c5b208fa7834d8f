import { describe, expect, it } from "vitest";
import type { MachineMention, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { webhook } from "./webhooks.ts";

const ID = "0a".repeat(20);
const OTHER = "0b".repeat(20);

function machinesOf(source: Source, json: unknown): readonly MachineMention[] {
  const parsed = parseIncident(source, json);
  return parsed.kind === "parsed" ? parsed.value.machines : [];
}

/** A record of the streaming API. */
function row(category: string, properties: object): object {
  return { category, properties };
}

describe("Sentinel", () => {
  it("is understood whole, as its object alone, and under body", () => {
    const whole = webhook("sentinel");
    const parsed = parseIncident("sentinel", whole);
    const object = Object.entries(whole ?? {}).find(([key]) => key === "object")?.[1];
    expect(parseIncident("sentinel", object)).toEqual(parsed);
    expect(parseIncident("sentinel", { body: whole })).toEqual(parsed);
    expect(parseIncident("sentinel", { body: object })).toEqual(parsed);
  });

  it("falls back to the incident's name, and reads host fields in any case", () => {
    const HostName = "VM1";
    const json = {
      name: "guid-1",
      properties: { RelatedEntities: [{ HostName, DnsDomain: "a.example", MdatpDeviceId: ID }] },
    };
    const parsed = parseIncident("sentinel", json);
    expect(parsed).toMatchObject({ kind: "parsed", value: { incidentId: "guid-1" } });
    expect(machinesOf("sentinel", json)).toEqual([
      { machineId: ID, name: "vm1.a.example", platform: null },
    ]);
  });

  it("uses the name of a host whose id is not one", () => {
    const entity = {
      kind: "host",
      properties: { hostName: "vm1", additionalData: { MdatpDeviceId: "vm1" } },
    };
    const json = { id: "/a/b", properties: { relatedEntities: [entity] } };
    expect(machinesOf("sentinel", json)).toEqual([
      { machineId: null, name: "vm1", platform: null },
    ]);
  });
});

describe("Defender", () => {
  const alert = { id: "da1_2", machineId: ID, computerDnsName: "pc-1", severity: "Low" };

  it("is one alert, an array or a list answer, known by its own id without an incident", () => {
    const parsed = parseIncident("defender", alert);
    expect(parsed).toMatchObject({ kind: "parsed", value: { incidentId: "da1_2" } });
    expect(parseIncident("defender", [alert])).toEqual(parsed);
    expect(parseIncident("defender", { value: [alert] })).toEqual(parsed);
  });

  it("leaves out resolved alerts, and has nothing to do when all are", () => {
    const resolved = { ...alert, status: "Resolved", machineId: OTHER };
    expect(machinesOf("defender", [resolved, alert])).toHaveLength(1);
    expect(parseIncident("defender", [resolved]).kind).toBe("nothingToDo");
  });

  it("reads the machines of streamed AlertEvidence rows and passes over other tables", () => {
    const records = [
      row("AdvancedHunting-AlertInfo", { AlertId: "da1", Title: "x" }),
      row("AdvancedHunting-AlertEvidence", { AlertId: "da1", EntityType: "User" }),
      row("AdvancedHunting-AlertEvidence", { AlertId: "da1", DeviceId: ID, DeviceName: "pc-1" }),
    ];
    expect(machinesOf("defender", { records })).toEqual([
      { machineId: ID, name: "pc-1", platform: null },
    ]);
    expect(parseIncident("defender", { records: records.slice(0, 1) }).kind).toBe("nothingToDo");
    expect(parseIncident("defender", { records: [] }).kind).toBe("nothingToDo");
  });
});

describe("Graph", () => {
  it("reads an incident with its alerts expanded, and asks for them otherwise", () => {
    const incident = { id: "29", displayName: "Multi-stage", severity: "high", status: "active" };
    const alerts = [
      { id: "da1", evidence: [{ "@odata.type": "#x.fileEvidence", mdeDeviceId: ID }] },
    ];
    expect(parseIncident("graph", { ...incident, alerts })).toMatchObject({
      kind: "parsed",
      value: { incidentId: "29", title: "Multi-stage", machines: [{ machineId: ID }] },
    });
    expect(parseIncident("graph", incident).kind).toBe("nothingToDo");
    const merged = { ...incident, alerts, status: "redirected" };
    expect(parseIncident("graph", merged).kind).toBe("nothingToDo");
  });

  it("takes a device's name from its host name and domain when the full name is missing", () => {
    const device = { "@odata.type": "#microsoft.graph.security.deviceEvidence", hostName: "PC-1" };
    expect(
      machinesOf("graph", { id: "da1", evidence: [{ ...device, dnsDomain: "a.example" }] }),
    ).toEqual([{ machineId: null, name: "pc-1.a.example", platform: null }]);
  });
});

describe("ServiceNow", () => {
  it("gives the name in cmdb_ci to the only id, and takes it alone when there is no id", () => {
    const named = { machineId: ID, name: "pc-0042", platform: null };
    const ci = { cmdb_ci: { display_value: "PC-0042" } };
    expect(machinesOf("servicenow", { number: "INC1", u_mde_device_id: ID, ...ci })).toEqual([
      named,
    ]);
    expect(machinesOf("servicenow", { number: "INC1", cmdb_ci: "PC-0042" })).toEqual([
      { ...named, machineId: null },
    ]);
  });
});

describe("Jira", () => {
  it("never takes a hash out of prose for a machine", () => {
    const fields = { summary: `pc-1 ${ID}`, customfield_1: `hash ${ID}`, description: ID };
    expect(parseIncident("jira", { issue: { id: "1", fields } }).kind).toBe("nothingToDo");
  });

  it("takes ids from labels and custom fields of an issue alone", () => {
    const fields = { labels: ["mde", ID], customfield_1: [OTHER, { value: ID }], customfield_2: 7 };
    const issue = {
      id: 7,
      key: "SEC-7",
      self: "https://api.atlassian.com/ex/jira/1/rest/api/3/issue/7",
      fields,
    };
    expect(parseIncident("jira", issue)).toMatchObject({
      kind: "parsed",
      value: { incidentId: "7", title: "SEC-7", url: null },
    });
    expect(machinesOf("jira", issue).map(({ machineId }) => machineId)).toEqual([OTHER, ID]);
  });
});
