import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildCatalogue } from "../../shared/plan/profile/catalogue.ts";
import type { ResolvedMachine } from "../../shared/plan/plan.ts";
import { ask, incident, machine, plan } from "./planning.ts";
import { sample } from "./shipped.ts";

describe("a profile asked for by name", () => {
  const path = { path: String.raw`C:\a.txt` };

  it("wins over routing, and the request's over the body's", () => {
    const body = incident({
      severity: "low",
      asks: { profile: "collect-file", parameters: { ...path } },
    });
    expect(plan({ incident: body })).toMatchObject({
      value: { sequences: [{ profile: { name: "collect-file" }, parts: [[{ path: path.path }]] }] },
    });
    const other = { path: String.raw`C:\b.txt` };
    expect(plan({ incident: body, ...ask(null, other) })).toMatchObject({
      value: { sequences: [{ parameters: other }] },
    });
    const named = ask("process-memory-dump", { process: "lsass" });
    const asksNoPath = incident({ asks: { profile: "collect-file", parameters: {} } });
    expect(plan({ incident: asksNoPath, ...named })).toMatchObject({
      value: { sequences: [{ profile: { name: "process-memory-dump" }, lane: 0 }] },
    });
  });

  it("is refused with the names there are when there is none such", () => {
    for (const name of ["no-such", "constructor", ""]) {
      expect(plan(ask(name))).toEqual({
        kind: "invalid",
        problems: [{ path: "profile", message: expect.stringContaining("windows-triage") }],
      });
    }
  });

  it("is refused with a problem for each wrong parameter", () => {
    expect(plan(ask("collect-file", { path: "a.txt", days: "1" }))).toMatchObject({
      kind: "invalid",
      problems: [{ path: "parameters.days" }, { path: "parameters.path" }],
    });
    expect(plan(ask("collect-file", { path: String.raw`C:\a\*` }))).toMatchObject({
      kind: "invalid",
      problems: [{ path: "parameters.path" }],
    });
  });

  it("is checked even when no machine is left to run it on", () => {
    expect(plan({ ...ask("collect-file"), machines: [] }).kind).toBe("invalid");
  });

  it("skips machines of other and of unknown platforms, with the reason", () => {
    const machines = [
      machine(1, "linux"),
      machine(2, null),
      machine(3, { kind: "notOurs", said: "iOS" }),
      machine(4, { kind: "unknownWord", said: "BeOS" }),
      machine(5, "windows"),
    ];
    expect(plan({ ...ask("collect-file", path), machines })).toMatchObject({
      value: {
        sequences: [{ machineName: "pc-5", platform: "windows" }],
        skipped: [
          { machine: "pc-1", reason: "The machine runs linux; collect-file is for windows." },
          { machine: "pc-2", reason: expect.stringContaining("Defender does not say") },
          { machine: "pc-3", reason: expect.stringContaining("live response is for") },
          { machine: "pc-4", reason: expect.stringContaining('"BeOS"') },
        ],
      },
    });
  });

  it.each([
    ["servicenow", "medium", 2],
    ["servicenow", "high", 1],
    ["jira", "unknown", 2],
    ["jira", "critical", 1],
    ["generic", "low", 1],
    ["sentinel", "low", 1],
  ] as const)("from %s with severity %s goes to lane %i", (source, severity, lane) => {
    expect(
      plan({ incident: incident({ source, severity }), ...ask("collect-file", path) }),
    ).toMatchObject({ value: { sequences: [{ lane }] } });
  });
});

describe("machines", () => {
  it("that routing would choose a profile for are skipped when nobody says what they run", () => {
    expect(plan({ machines: [machine(1, "windows"), machine(2, null)] })).toMatchObject({
      value: {
        sequences: [{ machineName: "pc-1" }],
        skipped: [{ machine: "pc-2", reason: expect.stringContaining("no profile for it") }],
      },
    });
  });

  it("that cannot be looked for come first among those that are skipped", () => {
    const unusable = [{ machine: "a b", reason: "It is no name." }];
    const of = { incident: incident({ unusable }) };
    expect(plan(of)).toMatchObject({ value: { skipped: unusable } });
    expect(plan({ ...of, machines: [] })).toMatchObject({ kind: "nothingToDo", skipped: unusable });
    const low = { incident: incident({ unusable, severity: "low" }) };
    expect(plan(low)).toMatchObject({ kind: "nothingToDo", skipped: unusable });
  });

  it("that were found by another name than was sent are told with both", () => {
    const found = { ...machine(1, "windows"), namedAs: String.raw`CORP\PC-1` };
    expect(plan({ machines: [found] })).toMatchObject({
      value: { readAs: [{ machine: String.raw`CORP\PC-1`, as: "pc-1" }] },
    });
  });

  const unresolved: ResolvedMachine = {
    kind: "unresolved",
    mention: { machineId: null, name: "pc-9", platform: null },
    reason: "No machine has this name.",
  };

  it("that are unresolved are skipped with their reason", () => {
    expect(plan({ machines: [unresolved, machine(1, "windows")] })).toMatchObject({
      value: {
        sequences: [{ machineName: "pc-1" }],
        skipped: [{ machine: "pc-9", reason: "No machine has this name." }],
      },
    });
  });

  it("that two mentions turned out to be are planned once, by the first name", () => {
    const again = { ...machine(1, "windows"), name: "alias" };
    expect(plan({ machines: [machine(1, "windows"), again] })).toMatchObject({
      value: { sequences: [{ machineName: "pc-1" }], skipped: [] },
    });
  });

  it("that are all skipped leave nothing to do, each with its reason", () => {
    expect(plan({ machines: [unresolved] })).toMatchObject({
      kind: "nothingToDo",
      skipped: [{ machine: "pc-9" }],
    });
  });

  it("are each planned once or skipped, none forgotten", () => {
    const anyMachine = fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom("windows", "linux", "macos", null))
      .map(([at, platform]) => machine(at, platform));
    fc.assert(
      fc.property(fc.array(anyMachine), fc.constantFrom(null, "run-script"), (machines, name) => {
        const planned = plan({ ...ask(name, name === null ? {} : { script: "a.ps1" }), machines });
        const sequences = planned.kind === "parsed" ? planned.value.sequences : [];
        const skipped =
          planned.kind === "parsed"
            ? planned.value.skipped
            : "skipped" in planned
              ? planned.skipped
              : [];
        const names = sequences.map(({ machineName }) => machineName);
        expect(new Set(names).size).toBe(names.length);
        const asked = machines.map((of) => of.name);
        expect(new Set([...names, ...skipped.map((of) => of.machine)])).toEqual(new Set(asked));
      }),
    );
  });
});

describe("commands in an order the API does not take", () => {
  it("are planned as parts", () => {
    const json = {
      ...sample(),
      inParts: true,
      commands: [
        { type: "RunScript", scriptName: "a.ps1" },
        { type: "PutFile", fileName: "a.zip" },
        { type: "GetFile", path: String.raw`C:\a` },
      ],
    };
    const built = buildCatalogue([{ fileName: "sample.json", json }]);
    const planned = plan({
      ...ask("sample"),
      catalogue: built.kind === "parsed" ? built.value : new Map(),
    });
    expect(planned).toMatchObject({
      value: {
        sequences: [
          {
            parts: [
              [{ type: "RunScript", scriptName: "a.ps1", args: null }],
              [{ type: "PutFile" }, { type: "GetFile" }],
            ],
          },
        ],
      },
    });
  });
});
