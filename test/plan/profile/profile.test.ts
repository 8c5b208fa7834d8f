import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildCatalogue } from "../../../shared/plan/profile/catalogue.ts";
import { parseProfile } from "../../../shared/plan/profile/profile.ts";
import { sample, shippedCatalogue, shippedFiles } from "../shipped.ts";

const run = (args: string): unknown[] => [{ type: "RunScript", scriptName: "a.ps1", args }];
const get = (path: string): unknown[] => [{ type: "GetFile", path }];
const put = { type: "PutFile", fileName: "a.zip" };
const script = { type: "RunScript", scriptName: "a.ps1" };
const text = { description: "A text.", maxLength: 10 };
const word = { ...text, pattern: "[a-z]+" };
const posix = { platforms: ["linux"], shell: "posix" };

function pathsOf(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseProfile({ ...sample(), ...fields }, "sample.json");
  return parsed.kind === "invalid" ? parsed.problems.map(({ path }) => path) : [];
}

describe("the profiles we ship", () => {
  it("are all right, and there is no other", () => {
    expect([...shippedCatalogue().keys()].toSorted()).toEqual([
      "collect-file",
      "collect-file-unix",
      "collect-file-zipped",
      "collect-file-zipped-unix",
      "process-memory-dump",
      "run-script",
      "run-script-unix",
      "sweep-autostarts",
      "sweep-autostarts-unix",
      "sweep-listening-ports",
      "sweep-listening-ports-unix",
      "sweep-local-administrators",
      "sweep-local-administrators-unix",
      "sweep-scheduled-work",
      "sweep-scheduled-work-unix",
      "unix-triage",
      "windows-triage",
    ]);
  });

  it("are explained on a page whose sample is right", () => {
    const page = readFileSync(new URL("../../../profiles/README.md", import.meta.url), "utf8");
    const json = page.match(/```json\n(.*?)```/s)?.[1] ?? "";
    expect(parseProfile(JSON.parse(json), "hosts-file.json").kind).toBe("parsed");
    for (const name of shippedCatalogue().keys()) expect(page).toContain(`\`${name}\``);
  });
});

describe("a profile", () => {
  it.each([
    [
      "args of places as words, behind = and :",
      {
        parameters: { a: text, b: text, c: text },
        commands: run("-A {{a}} -B:{{b}} {{c}}"),
      },
    ],
    ["no args at all", { commands: [script] }],
    ["an order that goes back, in parts", { commands: [script, put, script], inParts: true }],
    [
      "a path with a place behind a folder",
      { parameters: { a: word }, commands: get(String.raw`C:\Temp\{{a}}.txt`) },
    ],
    ["a POSIX path with brackets in no place", { ...posix, commands: get("/var/log/a b.log") }],
    [
      "a default its own rules allow",
      { parameters: { a: { ...word, default: "b" } }, commands: run("{{a}}") },
    ],
  ])("may have %s", (_name, fields) => {
    expect(parseProfile({ ...sample(), ...fields }, "sample.json")).toMatchObject({
      kind: "parsed",
    });
  });

  it.each([
    ["an unknown field", { extra: 1 }, ""],
    ["an unknown field in a command", { commands: [{ ...put, extra: 1 }] }, ".commands.0"],
    ["an unknown command", { commands: [{ type: "Isolate" }] }, ".commands.0.type"],
    ["no command", { commands: [] }, ".commands"],
    ["51 commands", { commands: Array.from({ length: 51 }, () => put) }, ".commands"],
    ["version 0", { version: 0 }, ".version"],
    ["an unknown lane", { lane: "retry" }, ".lane"],
    ["PowerShell for Linux", { platforms: ["windows", "linux"] }, ".shell"],
    ["a POSIX shell for Windows", { shell: "posix" }, ".shell"],
    ["an order that goes back", { commands: [put, script, put] }, ".commands.2"],
    ["an undeclared parameter", { commands: run("{{a}}") }, ".commands.0.args"],
    [
      "a parameter called like an inherited field",
      { commands: run("{{constructor}}") },
      ".commands.0.args",
    ],
    ["an unused parameter", { parameters: { a: text } }, ".parameters.a"],
    [
      "a default too long",
      { parameters: { a: { ...text, default: "x".repeat(11) } }, commands: run("{{a}}") },
      ".parameters.a.default",
    ],
    [
      "a pattern that is none",
      { parameters: { a: { ...text, pattern: "(" } } },
      ".parameters.a.pattern",
    ],
    [
      "a pattern that breaks out of its anchors",
      { parameters: { a: { ...text, pattern: "a)|(b" } } },
      ".parameters.a.pattern",
    ],
    [
      "a pattern that looks ahead",
      { parameters: { a: { ...text, pattern: "(?=a).*" } } },
      ".parameters.a.pattern",
    ],
    [
      "a pattern that refers back",
      { parameters: { a: { ...text, pattern: "(a+)\\1" } } },
      ".parameters.a.pattern",
    ],
    [
      "a pattern that repeats its repeats",
      { parameters: { a: { ...text, pattern: "((a{100}){100}){100}" } } },
      ".parameters.a.pattern",
    ],
    [
      "a maximum above 256",
      { parameters: { a: { ...text, maxLength: 257 } } },
      ".parameters.a.maxLength",
    ],
    ["single braces doubled wrongly", { commands: run("{{ a }}") }, ".commands.0.args"],
    [
      "quotes of its own",
      { parameters: { a: text }, commands: run("-A '{{a}}'") },
      ".commands.0.args",
    ],
    ["a refused character in args", { commands: run("a; b") }, ".commands.0.args"],
    ["a variable in args", { commands: run("$env:TEMP") }, ".commands.0.args"],
    [
      "two places together",
      { parameters: { a: text }, commands: run("{{a}}{{a}}") },
      ".commands.0.args",
    ],
    [
      "an equals sign before a place in PowerShell",
      { parameters: { a: text }, commands: run("-A={{a}}") },
      ".commands.0.args",
    ],
    [
      "a place inside a word",
      { parameters: { a: text }, commands: run("x{{a}}") },
      ".commands.0.args",
    ],
    [
      "a script in a folder",
      { commands: [{ type: "RunScript", scriptName: "b/a.ps1" }] },
      ".commands.0.scriptName",
    ],
    ["a relative path", { commands: get("a.zip") }, ".commands.0.path"],
    ["a POSIX path on Windows", { commands: get("/tmp/a") }, ".commands.0.path"],
    ["a Windows path on Linux", { ...posix, commands: get(String.raw`C:\a`) }, ".commands.0.path"],
    ["a share", { commands: get(String.raw`\\server\share\a`) }, ".commands.0.path"],
    ["a path that climbs", { commands: get(String.raw`C:\a\..\b`) }, ".commands.0.path"],
    [
      "a path that climbs as Windows reads it",
      { commands: get(String.raw`C:\a\.. \b`) },
      ".commands.0.path",
    ],
    ["a wildcard", { commands: get(String.raw`C:\a\*.log`) }, ".commands.0.path"],
    ["a folder", { ...posix, commands: get("/var/log/") }, ".commands.0.path"],
    [
      "an unbounded parameter in a path",
      { parameters: { a: text }, commands: get("{{a}}") },
      ".commands.0.path",
    ],
    [
      "an encoded parameter in a path",
      { parameters: { a: { ...word, encoding: "base64url" } }, commands: get("{{a}}") },
      ".commands.0.path",
    ],
    [
      "a relative path before a place",
      { parameters: { a: word }, commands: get("tmp{{a}}") },
      ".commands.0.path",
    ],
  ])("is refused with %s, saying where", (_name, fields, where) => {
    expect(pathsOf(fields)[0]).toBe(`sample.json${where}`);
  });

  it("is called as its file is", () => {
    expect(parseProfile(sample(), "other.json")).toEqual({
      kind: "invalid",
      problems: [
        { path: "other.json.name", message: "Name the file sample.json, like the profile in it." },
      ],
    });
  });

  it("is told the one order a request takes, and the way out", () => {
    const parsed = parseProfile({ ...sample(), commands: [script, put] }, "sample.json");
    expect(parsed).toMatchObject({
      problems: [{ message: expect.stringMatching(/PutFile.*RunScript.*GetFile.*inParts/) }],
    });
  });
});

describe("a catalogue", () => {
  it("refuses two profiles of one name and lists the problems of every file", () => {
    const twice = { fileName: "sample.json", json: sample() };
    expect(buildCatalogue([twice, twice]).kind).toBe("invalid");
    const wrong = { fileName: "wrong.json", json: {} };
    const worse = { fileName: "sample.json", json: { ...sample(), version: 0 } };
    const parsed = buildCatalogue([worse, wrong]);
    const paths = parsed.kind === "invalid" ? parsed.problems.map(({ path }) => path) : [];
    expect(paths[0]).toBe("sample.json.version");
    expect(paths).toContain("wrong.json.name");
  });

  it("hashes what a file says, not how it is laid out", () => {
    const reversed = Object.fromEntries(Object.entries(sample()).toReversed());
    expect(hashOf(sample())).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(reversed)).toBe(hashOf(sample()));
    expect(hashOf({ ...sample(), version: 2 })).not.toBe(hashOf(sample()));
  });

  it("gives every shipped profile a hash of its own", () => {
    const hashes = [...shippedCatalogue().values()].map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(shippedFiles().length);
  });
});

function hashOf(json: unknown): string | undefined {
  const parsed = buildCatalogue([{ fileName: "sample.json", json }]);
  return parsed.kind === "parsed" ? parsed.value.get("sample")?.hash : undefined;
}
