import { describe, expect, it } from "vitest";
import type { Incident, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { changed, webhook } from "./webhooks.ts";

const ID = "0a".repeat(20);
const OTHER = "0b".repeat(20);
const INCIDENT_PATH =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-soc/providers" +
  "/Microsoft.OperationalInsights/workspaces/law-soc/providers/Microsoft.SecurityInsights" +
  "/incidents/63883bf7-5be1-42f4-809a-0417943b837b";

/** The incident in a message; a test that gets none fails on it. */
function read(source: Source, json: unknown): Incident {
  const parsed = parseIncident(source, json);
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

const idsIn = (source: Source, json: unknown) =>
  read(source, json).machines.map(({ machineId, name }) => machineId ?? name);

/** An alert of Graph with one device. */
const alertOf = (mdeDeviceId: string, status: string) => ({
  id: mdeDeviceId,
  incidentId: "1",
  status,
  evidence: [{ "@odata.type": "#microsoft.graph.security.deviceEvidence", mdeDeviceId }],
});

/** A streamed row. */
const evidence = (AlertId: string, more: object) => ({
  category: "AdvancedHunting-AlertEvidence",
  properties: { AlertId, Title: `Alert ${AlertId}`, Severity: "Low", ...more },
});

describe("Sentinel's alert trigger", () => {
  const entities = [
    { $id: "2", HostName: "PC-1", DnsDomain: "corp.example", OSFamily: "Linux", Type: "host" },
    { $id: "3", Name: "j.doe", Type: "account" },
    { $id: "4", HostName: "pc-2", MdatpDeviceId: ID, Type: "host" },
  ];
  const alert = {
    AlertDisplayName: "EICAR",
    SystemAlertId: "a-1",
    Severity: "High",
    Entities: JSON.stringify(entities),
  };

  it("is understood with its entities as text or as a list", () => {
    const said = read("sentinel", alert);
    expect(said).toMatchObject({ incidentId: "a-1", title: "EICAR", severity: "high" });
    expect(said.machines).toEqual([
      { machineId: null, name: "pc-1.corp.example", platform: "linux" },
      { machineId: ID, name: "pc-2", platform: null },
    ]);
    expect(read("sentinel", { ...alert, Entities: entities })).toEqual(said);
  });

  it("is understood wrapped as an object, too, and is nothing to do when it is over", () => {
    const object = { name: "a-1", properties: alert };
    const wrapped = { objectSchemaType: "Alert", object };
    expect(read("sentinel", wrapped)).toEqual(read("sentinel", alert));
    expect(parseIncident("sentinel", { ...alert, Status: "Dismissed" }).kind).toBe("nothingToDo");
    expect(parseIncident("sentinel", { ...alert, Entities: "{" }).kind).toBe("nothingToDo");
  });
});

describe("Sentinel's entity trigger", () => {
  const Entity = {
    kind: "Host",
    properties: { hostName: "PC-1", additionalData: { MdeDeviceId: ID } },
  };

  it("is the one host somebody chose, in the run of its incident", () => {
    expect(read("sentinel", { Entity, IncidentArmID: INCIDENT_PATH })).toMatchObject({
      incidentId: "63883bf7-5be1-42f4-809a-0417943b837b",
      machines: [{ machineId: ID, name: "pc-1" }],
      armId: INCIDENT_PATH,
    });
  });

  it("outside of an incident is one of its own", () => {
    expect(read("sentinel", { Entity, eventUniqueId: "e-1" }).incidentId).toBe("e-1");
    expect(read("sentinel", { objectSchemaType: "Entity", object: Entity }).incidentId).toBe(ID);
  });

  it("is nothing to do for what is no host", () => {
    const account = { kind: "Account", properties: { accountName: "j" } };
    expect(parseIncident("sentinel", { Entity: account }).kind).toBe("nothingToDo");
  });
});

describe("a Sentinel incident's path", () => {
  it("that climbs is refused, and says where", () => {
    for (const [path, where] of [
      ["object.id", "object.id"],
      ["IncidentArmID", "IncidentArmID"],
    ] as const) {
      const climbing = INCIDENT_PATH.replace("rg-soc", "..");
      const entity = { Entity: { kind: "Host", properties: { hostName: "a" } } };
      const json = path === "object.id" ? webhook("sentinel") : entity;
      expect(parseIncident("sentinel", changed(json, path, climbing))).toMatchObject({
        kind: "invalid",
        problems: [{ path: where }],
      });
    }
  });

  it.each(["größe", "資源_1.(a)-b", "Ресурсы"])(
    "has letters of any script in its resource group: %s",
    (group) => {
      const path = INCIDENT_PATH.replace("rg-soc", group);
      expect(read("sentinel", changed(webhook("sentinel"), "object.id", path)).armId).toBe(path);
    },
  );

  it.each([
    "/subscriptions/x/resourceGroups/a/incidents/1",
    INCIDENT_PATH.replace("rg-soc", "rg."),
    INCIDENT_PATH.replace("rg-soc", "%2e%2e"),
    INCIDENT_PATH.replace("rg-soc", "a/b"),
    INCIDENT_PATH.replace("law-soc", "law?x"),
    `${INCIDENT_PATH}/comments`,
  ])("that is another one has no comments: %s", (path) => {
    expect(read("sentinel", changed(webhook("sentinel"), "object.id", path)).armId).toBeNull();
  });
});

describe("Sentinel's host", () => {
  it("says its id in every spelling, and its system where its family is unknown", () => {
    const hosts = ["MdatpDeviceId", "MdeDeviceId"].map((name, at) => ({
      kind: "Host",
      properties: {
        osFamily: "Unknown",
        additionalData: { [name]: at === 0 ? ID : OTHER, OsPlatform: "macOS" },
      },
    }));
    const json = changed(webhook("sentinel"), "object.properties.relatedEntities", hosts);
    expect(read("sentinel", json).machines).toEqual([
      { machineId: ID, name: null, platform: "macos" },
      { machineId: OTHER, name: null, platform: "macos" },
    ]);
  });
});

describe("Graph", () => {
  const alerts = [alertOf(ID, "resolved"), alertOf(OTHER, "new")];
  const incident = { id: "1", displayName: "x", status: "active", alerts };

  it("leaves out a resolved alert in whatever form it comes", () => {
    for (const json of [incident, { value: [incident] }, alerts, { value: alerts }]) {
      expect(idsIn("graph", json)).toEqual([OTHER]);
    }
    const done = { ...incident, alerts: [alertOf(ID, "resolved")] };
    expect(parseIncident("graph", done).kind).toBe("nothingToDo");
  });

  it.each([
    ["of an incident", { ...incident, "alerts@odata.nextLink": "https://g/?$skiptoken=1" }],
    ["of a list", { value: alerts, "@odata.nextLink": "https://g/?$skip=1" }],
    ["of the evidence", [{ ...alerts[1], "evidence@odata.nextLink": "https://g/" }]],
    ["in an incident", { ...incident, alerts: [{ ...alerts[1], "evidence@odata.nextLink": "x" }] }],
  ])("refuses one page %s, and says what to send", (_, json) => {
    expect(parseIncident("graph", json)).toMatchObject({
      kind: "invalid",
      problems: [{ path: /@odata\.nextLink$/ }].map(({ path }) => ({
        path: expect.stringMatching(path),
        message: expect.stringContaining("Fetch the pages that follow"),
      })),
    });
    const last: unknown = JSON.parse(
      JSON.stringify(json).replaceAll(/"(https:..g[^"]*|x)"/g, "null"),
    );
    expect(parseIncident("graph", last).kind).toBe("parsed");
  });

  it("tells of a subscription, and of no incident", () => {
    const news = { lifecycleEvent: "reauthorizationRequired", subscriptionId: "s" };
    expect(parseIncident("graph", { value: [news, news] })).toEqual({
      kind: "lifecycle",
      events: ["reauthorizationRequired"],
    });
  });
});

describe("Defender", () => {
  const fields = { HostName: "pc-6", DnsDomain: "corp.example", Type: "host", MachineId: ID };

  it("refuses one page of alerts", () => {
    const page = { value: [{ id: "a", machineId: ID }], "@odata.nextLink": "https://d/" };
    expect(parseIncident("defender", page)).toMatchObject({
      kind: "invalid",
      problems: [{ path: "@odata.nextLink" }],
    });
  });

  it.each([
    ["text", JSON.stringify(fields)],
    ["an object", fields],
  ])("finds the host of a streamed row in AdditionalFields that are %s", (_, AdditionalFields) => {
    const row = { EntityType: "Machine", DeviceId: null, DeviceName: null, AdditionalFields };
    const records = [
      evidence("a", row),
      evidence("a", { EntityType: "Ip", AdditionalFields: "{}" }),
    ];
    expect(read("defender", { records }).machines).toEqual([
      { machineId: ID, name: "pc-6.corp.example", platform: null },
    ]);
  });

  it("tells of a row about a machine that names none", () => {
    const records = [
      evidence("a", { DeviceId: ID }),
      evidence("a", { EntityType: "Machine", AdditionalFields: "{not json" }),
    ];
    expect(read("defender", { records }).unusable).toHaveLength(1);
  });

  it("takes two alerts of one batch as one incident, that of the first", () => {
    const records = [
      evidence("a", { DeviceId: ID }),
      evidence("b", { DeviceId: OTHER, Severity: "High" }),
    ];
    expect(read("defender", { records })).toMatchObject({
      incidentId: "a",
      title: "Alert a (and 1 more)",
      severity: "high",
      machines: [{ machineId: ID }, { machineId: OTHER }],
    });
  });
});
