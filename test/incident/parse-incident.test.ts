import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../shared/incident/incident.ts";
import type { Incident, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { readBody } from "../../shared/incident/read-body.ts";
import { webhook } from "./webhooks.ts";

const id = (letter: string, at: number): string => `0${at}${letter.repeat(36)}0${at}`;

/** Of the Sentinel fixture: where a comment on it would be put. */
const ARM_ID: unknown = expect.stringMatching(/^\/subscriptions\/.*\/incidents\/63883bf7-/i);

const EXPECTED: readonly (readonly [
  string,
  Source,
  Omit<Incident, "source" | "asks" | "callback" | "armId" | "unusable">,
])[] = [
  [
    "sentinel",
    "sentinel",
    {
      incidentId: "63883bf7-5be1-42f4-809a-0417943b837b",
      title: "Hands-on-keyboard attack involving 5 machines",
      severity: "high",
      url: expect.stringMatching(/^https:\/\/portal\.azure\.com\/#asset\//),
      machines: [
        { machineId: id("a", 1), name: "pc-0101.corp.contoso.example", platform: "windows" },
        { machineId: id("a", 2), name: "pc-0102.corp.contoso.example", platform: "windows" },
        { machineId: id("a", 3), name: "web-01.corp.contoso.example", platform: "linux" },
        { machineId: null, name: "pc-0104.corp.contoso.example", platform: "windows" },
        { machineId: id("a", 5), name: "mac-0105", platform: null },
      ],
    },
  ],
  [
    "defender",
    "defender",
    {
      incidentId: "1126093",
      title: "Suspicious PowerShell command line",
      severity: "high",
      url: null,
      machines: [
        { machineId: id("b", 1), name: "pc-0201.corp.contoso.example", platform: null },
        { machineId: id("b", 2), name: "pc-0202.corp.contoso.example", platform: null },
      ],
    },
  ],
  [
    "graph",
    "graph",
    {
      incidentId: "28282",
      title: "Suspicious execution of hidden file",
      severity: "medium",
      url: "https://security.microsoft.com/incidents/28282?tid=00000000-0000-4000-8000-0000000000a1",
      machines: [
        { machineId: id("c", 1), name: "pc-0301.corp.contoso.example", platform: "windows" },
        { machineId: id("c", 2), name: "web-02.corp.contoso.example", platform: "linux" },
      ],
    },
  ],
  [
    "servicenow",
    "servicenow",
    {
      incidentId: "9d385017c611228701d22104cc95c371",
      title: "INC0010023: EDR alert on two workstations",
      severity: "medium",
      url: null,
      machines: [
        { machineId: id("d", 1), name: null, platform: null },
        { machineId: id("d", 2), name: null, platform: null },
      ],
    },
  ],
  [
    "jira",
    "jira",
    {
      incidentId: "10005",
      title: "SEC-5: Collect from the machines that opened the phishing attachment",
      severity: "medium",
      url: "https://contoso.atlassian.example/browse/SEC-5",
      machines: [
        { machineId: id("e", 1), name: null, platform: null },
        { machineId: id("e", 2), name: null, platform: null },
        { machineId: id("e", 3), name: null, platform: null },
      ],
    },
  ],
  [
    "generic-envelope",
    "generic",
    {
      incidentId: "INC-77",
      title: "generic incident INC-77",
      severity: "high",
      url: null,
      machines: [{ machineId: id("f", 1), name: "pc-0601.corp.contoso.example", platform: null }],
    },
  ],
];

/** The fields the parsers read, so that made-up bodies reach deep into them. */
const FIELDS = (
  "object properties relatedEntities kind hostName additionalData MdatpDeviceId value records " +
  "evidence alerts mdeDeviceId id issue fields customfield_1 labels sys_id cmdb_ci " +
  "u_mde_device_id incident machines data devices severity status state title constructor"
).split(" ");

describe("a sender's message", () => {
  it.each(EXPECTED)(
    "of %s becomes the incident a person would read in it",
    (name, source, said) => {
      const parsed = parseIncident(source, webhook(name));
      const armId = source === "sentinel" ? ARM_ID : null;
      const value = { ...said, source, unusable: [], asks: null, callback: null, armId };
      expect(parsed).toEqual({ kind: "parsed", value });
    },
  );

  it("of our own form brings what it asks for", () => {
    expect(parseIncident("generic", webhook("generic"))).toEqual({
      kind: "parsed",
      value: {
        source: "generic",
        incidentId: "CASE-2026-0042",
        title: "Scheduled collection after a red team exercise",
        severity: "medium",
        url: "https://cases.contoso.example/2026/42",
        machines: [
          { machineId: id("f", 1), name: "pc-0601.corp.contoso.example", platform: "windows" },
          { machineId: id("f", 2), name: null, platform: "linux" },
          { machineId: null, name: "pc-0603", platform: null },
        ],
        asks: {
          profile: "collect-file",
          parameters: { path: String.raw`C:\Users\Public\note.txt` },
        },
        callback: null,
        armId: null,
        unusable: [],
      },
    });
  });
});

describe("any JSON from any source", () => {
  const keys = fc.constantFrom(...FIELDS);
  const leaf = fc.oneof(
    fc.string(),
    fc.constant("ab".repeat(20)),
    fc.double(),
    fc.constant(null),
    fc.boolean(),
    fc.constantFrom("Host", "pc-1", "https://a.example/"),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(keys, tie("tree"), { maxKeys: 6 }),
    ),
  }));

  it("gives an answer within bounds and never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SOURCES), tree, (source, json) => {
        const parsed = parseIncident(source, json);
        const problems = parsed.kind === "invalid" ? parsed.problems : [];
        const machines = parsed.kind === "parsed" ? parsed.value.machines : [];
        const lengths = problems.flatMap(({ path, message }) => [path.length, message.length]);
        expect(problems.length > 0).toBe(parsed.kind === "invalid");
        expect(problems.length).toBeLessThanOrEqual(10);
        expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(200);
        expect(machines.length > 0).toBe(parsed.kind === "parsed");
      }),
      { numRuns: 1_000 },
    );
  });

  it("of the fixtures passes the bounds of a body", () => {
    for (const [name] of EXPECTED) {
      expect(readBody(JSON.stringify(webhook(name))).kind).toBe("read");
    }
  });
});
