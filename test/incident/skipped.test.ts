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
});
