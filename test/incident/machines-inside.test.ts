import { describe, expect, it } from "vitest";
import type { Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";

const ID = "0a".repeat(20);
const OTHER = "0b".repeat(20);
const VM =
  "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm-payroll";

/** Ids or names of the machines in a message, and what is skipped. */
function told(source: Source, json: unknown) {
  const parsed = parseIncident(source, json);
  if (parsed.kind === "nothingToDo") return { machines: [], skipped: namesOf(parsed.skipped) };
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
  const { machines, unusable } = parsed.value;
  return {
    machines: machines.map(({ machineId, name }) => machineId ?? name),
    skipped: namesOf(unusable),
  };
}

const namesOf = (all: readonly { machine: string }[]) => all.map(({ machine }) => machine);

const HOST = { Type: "host", HostName: "web2", MdatpDeviceId: OTHER };
const web1 = { $id: "2", Type: "host", HostName: "web1" };

const alert = (...entities: object[]) => ({
  SystemAlertId: "a",
  Severity: "High",
  Entities: JSON.stringify([web1, ...entities]),
});

describe("a host that stands inside another entity of Sentinel", () => {
  it.each([
    ["a process", { Type: "process", Host: HOST }],
    ["a file of a process", { Type: "process", ImageFile: { Type: "file", Host: HOST } }],
    ["processes of malware", { Type: "malware", Processes: [{ Type: "process", Host: HOST }] }],
    [
      "an entity that has its fields one level down",
      { kind: "Process", properties: { host: HOST } },
    ],
  ])("is a machine: %s", (_, entity) => {
    expect(told("sentinel", alert(entity))).toEqual({ machines: ["web1", OTHER], skipped: [] });
  });

  it("is no second machine if it is a reference to a host of the list", () => {
    const entity = { Type: "process", Host: { $ref: "2" } };
    expect(told("sentinel", alert(entity))).toEqual({ machines: ["web1"], skipped: [] });
  });

  it("is read if a person chose that entity", () => {
    const json = { Entity: { kind: "Process", properties: { host: HOST } }, eventUniqueId: "e" };
    expect(told("sentinel", json).machines).toEqual([OTHER]);
  });
});

describe("a virtual machine that is named only as a resource of Azure", () => {
  it.each([
    ["of an alert", alert({ Type: "azure-resource", ResourceId: VM })],
    [
      "of an incident",
      {
        id: "/a/1",
        properties: {
          relatedEntities: [
            { kind: "Host", properties: { hostName: "web1" } },
            { kind: "AzureResource", properties: { resourceId: VM } },
          ],
        },
      },
    ],
  ])("%s is skipped by its name", (_, json) => {
    expect(told("sentinel", json)).toEqual({ machines: ["web1"], skipped: ["vm-payroll"] });
  });

  it("is not skipped if a host has it as its resource, nor is what is no machine", () => {
    const same = { Type: "host", HostName: "vm-payroll", AzureID: VM.toLowerCase() };
    const vault = VM.replace("virtualMachines", "vaults");
    const resources = [VM, vault].map((ResourceId) => ({ Type: "azure-resource", ResourceId }));
    const { machines, skipped } = told("sentinel", alert(same, ...resources));
    expect([machines, skipped]).toEqual([["web1", "vm-payroll"], []]);
  });

  it("is skipped by its name from Graph, too", () => {
    const type = "#microsoft.graph.security.azureResourceEvidence";
    const json = { id: "a", evidence: [{ "@odata.type": type, resourceId: VM }] };
    expect(told("graph", json)).toEqual({ machines: [], skipped: ["vm-payroll"] });
  });
});

describe("an entity that does not say what it is", () => {
  const type = "Microsoft.SecurityInsights/Entities";

  it.each([
    { type, hostName: "web2" },
    { type, properties: { hostName: "web2" } },
    { type, properties: { netBiosName: "web2" } },
  ])("is a host if it has the name of one: %j", (entity) => {
    const json = { id: "/a/1", properties: { relatedEntities: [entity] } };
    expect(told("sentinel", json).machines).toEqual(["web2"]);
  });

  it.each([
    { type, kind: "Account", hostName: "web2" },
    { type, properties: { accountName: "j" } },
  ])("is none otherwise: %j", (entity) => {
    const json = { id: "/a/1", properties: { relatedEntities: [entity] } };
    expect(told("sentinel", json)).toEqual({ machines: [], skipped: [] });
  });
});

describe("Graph's device", () => {
  it.each([
    [
      "in a logon session",
      {
        "@odata.type": "#microsoft.graph.security.hostLogonSessionEvidence",
        host: { "@odata.type": "#microsoft.graph.security.deviceEvidence", mdeDeviceId: OTHER },
      },
      OTHER,
    ],
    ["in a logon session, without its type", { host: { hostName: "web2" } }, "web2"],
    ["without its type", { mdeDeviceId: null, deviceDnsName: "web2.x.example" }, "web2.x.example"],
  ])("%s is a machine", (_, evidence, machine) => {
    const json = { id: "a", evidence: [{ mdeDeviceId: ID }, evidence] };
    expect(told("graph", json)).toEqual({ machines: [ID, machine], skipped: [] });
  });

  it("is none if the evidence is a mailbox", () => {
    const type = "#microsoft.graph.security.mailboxEvidence";
    const json = { id: "a", evidence: [{ "@odata.type": type, displayName: "web2" }] };
    expect(told("graph", json)).toEqual({ machines: [], skipped: [] });
  });
});

describe("Defender's stream", () => {
  it.each([
    [
      { Type: "process", Host: HOST },
      { machines: [ID, OTHER], skipped: [] },
    ],
    [
      { Type: "azure-resource", ResourceId: VM },
      { machines: [ID], skipped: ["vm-payroll"] },
    ],
  ])("names what stands inside of AdditionalFields: %j", (AdditionalFields, machines) => {
    const category = "AdvancedHunting-AlertEvidence";
    const rows = [{ DeviceId: ID }, { AdditionalFields: JSON.stringify(AdditionalFields) }];
    const records = rows.map((row) => ({ category, properties: { AlertId: "a", ...row } }));
    expect(told("defender", { records })).toEqual(machines);
  });
});

describe("an incident of Microsoft 365 Defender", () => {
  const device = { mdatpDeviceId: ID, deviceDnsName: "PC-1.x.example", osPlatform: "Windows10" };
  const incident = {
    incidentId: 924565,
    incidentName: "Multi-stage",
    severity: "Low",
    status: "Active",
    alerts: [
      { alertId: "a", severity: "High", devices: [device] },
      {
        alertId: "b",
        severity: "Low",
        devices: [
          { mdatpDeviceId: null, deviceDnsName: "pc-2" },
          { mdatpDeviceId: null, aadDeviceId: "e-1" },
        ],
      },
      { alertId: "c", status: "Resolved", devices: [{ mdatpDeviceId: OTHER }] },
    ],
  };

  it.each([
    ["alone", incident],
    ["in a list", { value: [incident] }],
  ])("%s is one incident with the devices of its open alerts", (_, json) => {
    expect(parseIncident("defender", json)).toMatchObject({
      kind: "parsed",
      value: {
        incidentId: "924565",
        title: "Multi-stage",
        severity: "high",
        machines: [
          { machineId: ID, name: "pc-1.x.example", platform: "windows" },
          { machineId: null, name: "pc-2" },
        ],
        unusable: [{ machine: "e-1" }],
      },
    });
  });

  it.each(["Resolved", "Redirected"])("that is %s is nothing to do", (status) => {
    expect(parseIncident("defender", { ...incident, status }).kind).toBe("nothingToDo");
  });

  it.each(["@odata.nextLink", "odata.nextLink"])("refuses one page by its %s", (link) => {
    const json = { value: [incident], [link]: "https://d.example/?$skip=1" };
    expect(parseIncident("defender", json)).toMatchObject({
      kind: "invalid",
      problems: [{ path: link }],
    });
  });
});
