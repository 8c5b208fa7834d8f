import { describe, expect, it } from "vitest";
import type { Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";

const ID = "0a".repeat(20);
const SHORT_ID = "0a".repeat(19) + "0";
const BAD = "BÜRO-PC7";

const device = (fields: object) => ({
  "@odata.type": "#microsoft.graph.security.deviceEvidence",
  ...fields,
});
const host = (fields: object) => ({ kind: "Host", properties: fields });

/** Each sender's message with one good machine, and one that nobody can be found by. */
const MESSAGES: readonly (readonly [Source, string, unknown, string])[] = [
  [
    "sentinel",
    "a name",
    {
      id: "/a/1",
      properties: { relatedEntities: [host({ hostName: "pc-1" }), host({ hostName: BAD })] },
    },
    BAD,
  ],
  [
    "sentinel",
    "an Entra device",
    {
      id: "/a/1",
      properties: {
        relatedEntities: [
          host({ hostName: "pc-1" }),
          host({ additionalData: { AadDeviceId: "e-1" } }),
        ],
      },
    },
    "e-1",
  ],
  [
    "sentinel",
    "a machine of Azure",
    {
      id: "/a/1",
      properties: {
        relatedEntities: [
          host({ hostName: "pc-1" }),
          host({ azureID: "/subscriptions/s/resourceGroups/g/x/virtualMachines/vm-1" }),
        ],
      },
    },
    "vm-1",
  ],
  [
    "defender",
    "a name",
    [
      { incidentId: 1, computerDnsName: "pc-1" },
      { incidentId: 1, machineId: null, computerDnsName: BAD },
    ],
    BAD,
  ],
  [
    "defender",
    "an id",
    [
      { incidentId: 1, machineId: ID },
      { incidentId: 1, machineId: SHORT_ID },
    ],
    SHORT_ID,
  ],
  [
    "graph",
    "an Entra device",
    {
      id: "a",
      evidence: [
        device({ mdeDeviceId: ID }),
        device({ mdeDeviceId: null, azureAdDeviceId: "e-1" }),
      ],
    },
    "e-1",
  ],
  [
    "graph",
    "a device without anything",
    { id: "a", evidence: [device({ mdeDeviceId: ID }), device({ hostName: null })] },
    "unnamed machine",
  ],
  ["servicenow", "an id", { sys_id: "1", u_mde_device_id: `${ID}, ${SHORT_ID}` }, SHORT_ID],
  ["jira", "an id", { id: "1", fields: { labels: [ID], customfield_1: [SHORT_ID] } }, SHORT_ID],
  [
    "generic",
    "a name",
    { incident: { id: "1" }, machines: [{ machineId: ID }, { name: BAD }] },
    BAD,
  ],
  [
    "generic",
    "an id",
    { incident: { id: "1" }, machines: [{ name: "pc-1" }, { machineId: SHORT_ID }] },
    SHORT_ID,
  ],
];

const named = (names: readonly string[]) => ({
  incident: { id: "1" },
  machines: names.map((name) => ({ name })),
});

const TWIN = ["ü\u200b1", "ü 1"] as const;
const LONG = [`${"x".repeat(300)}1`, `${"x".repeat(300)}2`] as const;

/** Each sender's message with two machines whose names look the same. Jira names them only by id. */
const TWINS: readonly (readonly [Source, unknown])[] = [
  [
    "sentinel",
    { id: "/a/1", properties: { relatedEntities: TWIN.map((hostName) => host({ hostName })) } },
  ],
  ["defender", TWIN.map((computerDnsName) => ({ incidentId: 1, computerDnsName }))],
  ["graph", { id: "a", evidence: TWIN.map((deviceDnsName) => device({ deviceDnsName })) }],
  ["servicenow", { sys_id: "1", u_mde_device_id: LONG.join(" ") }],
  ["generic", named(TWIN)],
  ["generic", named(LONG)],
];

describe("a machine that nobody can be found by", () => {
  it.each(MESSAGES)("of %s, by %s, stands among the unusable with the reason", (...of) => {
    const [source, , json, machine] = of;
    expect(parseIncident(source, json)).toMatchObject({
      kind: "parsed",
      value: {
        machines: [expect.anything()],
        unusable: [{ machine, reason: expect.stringMatching(/^.{20,}\.$/) }],
      },
    });
  });

  it("is told once, and counts among the 500 that an incident may name", () => {
    expect(parseIncident("generic", named([BAD, BAD]))).toMatchObject({
      kind: "nothingToDo",
      skipped: [{ machine: BAD }],
    });
    const many = Array.from({ length: 500 }, (_, at) => `ü${at}`);
    expect(parseIncident("generic", named([...many, "pc-1"])).kind).toBe("invalid");
    expect(parseIncident("generic", named([...many.slice(1), "pc-1"])).kind).toBe("parsed");
  });

  it.each(TWINS)("of %s stays beside another that looks the same", (source, json) => {
    expect(parseIncident(source, json)).toMatchObject({
      skipped: [1, 2].map(() => ({
        machine: expect.stringMatching(/^ü 1$|^ü…$|…$/),
        reason: expect.stringContaining("named 2 machines that look like this"),
      })),
    });
  });
});

const OTHER_ID = "0b".repeat(20);

const withHost = (fields: object) => ({
  id: "/a/1",
  properties: { relatedEntities: [host({ hostName: "pc-1", ...fields })] },
});

describe("a host entity with several ids of Defender", () => {
  it.each([
    { additionalData: { MdatpDeviceId: ID, MdeDeviceId: OTHER_ID } },
    { MachineId: OTHER_ID, additionalData: { MdatpDeviceId: ID } },
  ])("is skipped, with a reason that names them: %j", (fields) => {
    const parsed = parseIncident("sentinel", withHost(fields));
    expect(parsed).toMatchObject({ kind: "nothingToDo", skipped: [{ machine: "pc-1" }] });
    for (const id of [ID, OTHER_ID]) expect(JSON.stringify(parsed)).toContain(id);
  });

  it.each([
    { additionalData: { MdatpDeviceId: ID, MdeDeviceId: ID.toUpperCase() } },
    { additionalData: { MdatpDeviceId: "none", MdeDeviceId: ID } },
  ])("is taken if only one of them is an id: %j", (fields) => {
    expect(parseIncident("sentinel", withHost(fields))).toMatchObject({
      value: { machines: [{ machineId: ID, name: "pc-1" }] },
    });
  });
});
