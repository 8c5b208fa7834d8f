import { describe, expect, it } from "vitest";
import { SEVERITIES, SOURCES } from "../../../shared/incident/incident.ts";
import type { Severity, Source } from "../../../shared/incident/incident.ts";
import { parseRouting } from "../../../shared/plan/profile/routing.ts";
import { catalogue, incident, machine, plan } from "../planning.ts";

describe("routing as shipped", () => {
  it.each([
    ["critical", [0, 0, 0, 0, 0, 0]],
    ["high", [1, 1, 1, 1, 1, 1]],
    ["medium", [1, 1, 1, 2, 2, 2]],
    ["low", Array(6).fill("nothingToDo")],
    ["informational", Array(6).fill("nothingToDo")],
    // A host that somebody chose in Sentinel comes without a severity.
    ["unknown", [1, "nothingToDo", "nothingToDo", 2, 2, 2]],
  ] as const)("puts severity %s in the lanes %j, source by source", (severity, lanes) => {
    expect(SOURCES.map((source) => laneOf(source, severity))).toEqual(lanes);
  });

  it("says which severity of which source no rule is for, and what to do", () => {
    expect(plan({ incident: incident({ severity: "low" }) })).toEqual({
      kind: "nothingToDo",
      detail: expect.stringMatching(/sentinel incidents of severity low.*profiles\/routing\.json/),
      skipped: [],
    });
  });

  it("gives each machine the profile for its platform", () => {
    const platforms = ["windows", "linux", "macos"] as const;
    const planned = plan({ machines: platforms.map((platform, at) => machine(at, platform)) });
    expect(planned).toMatchObject({
      kind: "parsed",
      value: {
        skipped: [],
        sequences: [
          ["windows-triage", 2] as const,
          ["unix-triage", 1] as const,
          ["unix-triage", 1] as const,
        ].map(([name, version]) => ({
          profile: { name, version, hash: catalogue.get(name)?.hash },
          parameters: { days: "7" },
        })),
      },
    });
  });
});

describe("routing rules", () => {
  it.each([
    [
      "an unknown profile",
      { rules: [{ when: {}, profiles: ["no-such"] }] },
      "routing.json.rules.0.profiles",
    ],
    ["no profile", { rules: [{ when: {}, profiles: [] }] }, "routing.json.rules.0.profiles"],
    [
      "an unknown source",
      { rules: [{ when: { sources: ["mail"] }, profiles: ["run-script"] }] },
      "routing.json.rules.0.when.sources.0",
    ],
    [
      "an unknown condition",
      { rules: [{ when: { title: "x" }, profiles: ["run-script"] }] },
      "routing.json.rules.0.when",
    ],
  ])("are refused with %s", (_name, json, path) => {
    expect(parseRouting(json, catalogue)).toMatchObject({ kind: "invalid", problems: [{ path }] });
  });

  it("ask nothing of the parameters of a profile no machine gets", () => {
    const rules = [{ when: {}, profiles: ["windows-triage", "collect-file-unix"] }];
    expect(plan({ routing: { rules } }).kind).toBe("parsed");
    expect(plan({ routing: { rules }, machines: [machine(1, "linux")] })).toMatchObject({
      kind: "invalid",
      problems: [{ path: "parameters.path" }],
    });
  });

  it("hold from their minimum severity on, and the first that holds counts", () => {
    const rules = [
      {
        when: { sources: ["jira"], minimumSeverity: "medium" },
        profiles: ["windows-triage"],
        lane: "sweep",
      },
      { when: {}, profiles: ["windows-triage"], lane: "ticket" },
    ];
    const parsed = parseRouting({ rules }, catalogue);
    const lanes = SEVERITIES.map((severity) => {
      const planned = plan({
        routing: parsed.kind === "parsed" ? parsed.value : { rules: [] },
        incident: incident({ source: "jira", severity }),
      });
      return planned.kind === "parsed" ? planned.value.sequences[0]?.lane : null;
    });
    expect(lanes).toEqual([2, 2, 2, 3, 3, 3]);
  });
});

function laneOf(source: Source, severity: Severity): number | string {
  const planned = plan({ incident: incident({ source, severity }) });
  return planned.kind === "parsed" ? (planned.value.sequences[0]?.lane ?? "none") : planned.kind;
}
