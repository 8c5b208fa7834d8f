import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildCatalogue } from "../../../shared/plan/profile/catalogue.ts";
import { rowsCommandOf } from "../../../shared/plan/profile/profile-schema.ts";
import { parseProfile } from "../../../shared/plan/profile/profile.ts";
import { keyColumns, type RowsForm } from "../../../shared/plan/profile/rows-form.ts";
import { profileWith, sample } from "../shipped.ts";

const path = { name: "path", type: "text", key: true };
const size = { name: "size", type: "number" };
const rows = { format: "ndjson", columns: [path, size] };
const script = { type: "RunScript", scriptName: "a.ps1" };
const file = { type: "GetFile", path: String.raw`C:\a.csv` };

function pathsOf(...commands: readonly unknown[]): readonly string[] {
  const parsed = parseProfile({ ...sample(), commands }, "sample.json");
  return parsed.kind === "invalid" ? parsed.problems.map((each) => each.path) : [];
}

describe("the rows of a profile", () => {
  it("belong to one command, and have bounds if the profile names none", () => {
    const { commands } = profileWith({ commands: [script, { ...file, rows }] });
    expect(rowsCommandOf({ commands })).toEqual({
      command: 1,
      form: { ...rows, atMost: { rows: 10_000, bytes: 1_048_576 } },
    });
    expect(rowsCommandOf(profileWith({ commands: [script] }))).toBeNull();
  });

  it("keep the bound that is not named", () => {
    const { commands } = profileWith({
      commands: [{ ...script, rows: { ...rows, atMost: { rows: 5 } } }],
    });
    expect(rowsCommandOf({ commands })?.form.atMost).toEqual({ rows: 5, bytes: 1_048_576 });
  });

  it("are the same rows by their keys, or by all columns without a key", () => {
    expect(
      names([
        { name: "a", type: "text", key: true },
        { name: "b", type: "text" },
      ]),
    ).toEqual(["a"]);
    expect(
      names([
        { name: "a", type: "text" },
        { name: "b", type: "text", key: false },
      ]),
    ).toEqual(["a", "b"]);
  });

  it.each([
    ["of a PutFile", [{ type: "PutFile", fileName: "a.zip", rows }], ".commands.0"],
    [
      "of two commands",
      [
        { ...script, rows },
        { ...file, rows },
      ],
      ".commands.1.rows",
    ],
    ["in another format", [{ ...script, rows: { ...rows, format: "xml" } }], ".rows.format"],
    ["without a column", [{ ...script, rows: { ...rows, columns: [] } }], ".rows.columns"],
    [
      "of 51 columns",
      [
        {
          ...script,
          rows: { ...rows, columns: Array.from({ length: 51 }, (_, i) => named(`c${i}`)) },
        },
      ],
      ".rows.columns",
    ],
    ["with a column twice", [withColumns(path, size, path)], ".columns.2.name"],
    ["with a column of lrq's own", [withColumns(named("machineId"))], ".columns.0.name"],
    ["with a column that no header names", [withColumns(named("a b"))], ".columns.0.name"],
    ["with an unknown type", [withColumns({ name: "a", type: "date" })], ".columns.0.type"],
    [
      "without a bound",
      [{ ...script, rows: { ...rows, atMost: { rows: 100_001 } } }],
      "atMost.rows",
    ],
    [
      "too large",
      [{ ...script, rows: { ...rows, atMost: { bytes: 2 ** 22 + 1 } } }],
      "atMost.bytes",
    ],
  ])("are refused %s", (_name, commands, at) => {
    const paths = pathsOf(...commands);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.every((each) => each.includes(at))).toBe(true);
  });

  it("change the hash of the profile", () => {
    expect(hashOf([path])).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf([path])).not.toBe(hashOf([path, size]));
  });

  it("are explained by a sample that is right", () => {
    const page = readFileSync(new URL("../../../profiles/README.md", import.meta.url), "utf8");
    const json = /## Rows[^]*?```json\n(.*?)```/s.exec(page)?.[1] ?? "";
    const command: unknown = JSON.parse(json);
    const fields = { platforms: ["linux"], shell: "posix", commands: [command] };
    expect(parseProfile({ ...sample(), ...fields }, "sample.json").kind).toBe("parsed");
  });
});

function named(name: string) {
  return { name, type: "text" };
}

function withColumns(...columns: readonly unknown[]) {
  return { ...script, rows: { ...rows, columns } };
}

function names(columns: RowsForm["columns"]) {
  return keyColumns({ columns }).map(({ name }) => name);
}

function hashOf(columns: readonly unknown[]) {
  const json = { ...sample(), commands: [{ ...script, rows: { ...rows, columns } }] };
  const built = buildCatalogue([{ fileName: "sample.json", json }]);
  return built.kind === "parsed" ? built.value.get("sample")?.hash : undefined;
}
