import { describe, expect, it } from "vitest";
import type { Incident, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
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

describe("a sender's message", () => {
  it.each(EXPECTED)(
    "of %s becomes the incident a person would read in it",
    (name, source, said) => {
      const parsed = parseIncident(source, webhook(name));
      const armId = source === "sentinel" ? ARM_ID : null;
      // It has two ids and one configuration item.
      const apart = { machine: "PC-0401", reason: expect.stringContaining("beside 2 machine ids") };
      const unusable = source === "servicenow" ? [apart] : [];
      const value = { ...said, source, unusable, asks: null, callback: null, armId };
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
