import { describe, expect, it } from "vitest";
import { parsePins } from "../../../shared/plan/library/pins.ts";

const SHA = "ab".repeat(32);
const pin = (fields: object = {}) => ({
  name: "a.ps1",
  sha256: SHA,
  description: "Collects.",
  parameters: null,
  signed: false,
  ...fields,
});
const parse = (...files: unknown[]) => parsePins({ version: 1, files });

describe("the pins of a library", () => {
  it("are found by the name of the file", () => {
    const parsed = parse(pin(), pin({ name: "B.sh", signed: true, description: null }));
    expect(parsed.kind === "parsed" && [...parsed.value.keys()]).toEqual(["a.ps1", "B.sh"]);
    expect(parsed.kind === "parsed" && parsed.value.get("B.sh")).toMatchObject({ signed: true });
  });

  it.each([
    ["a hash in capitals", [pin({ sha256: SHA.toUpperCase() })], "files.0.sha256"],
    ["a hash that is cut off", [pin({ sha256: SHA.slice(1) })], "files.0.sha256"],
    ["a name with a folder", [pin({ name: "x/a.ps1" })], "files.0.name"],
    ["a name that is no text", [pin({ name: 1 })], "files.0.name"],
    ["an unknown field", [pin({ sha512: SHA })], "files.0"],
    ["no word on a signature", [{ ...pin(), signed: undefined }], "files.0.signed"],
    ["two names that differ in letter case", [pin(), pin({ name: "A.PS1" })], "files.1.name"],
    [
      "more than 200 files",
      Array.from({ length: 201 }, (_, n) => pin({ name: `${n}.sh` })),
      "files",
    ],
  ])("are refused with %s", (_, files, where) => {
    const parsed = parse(...files);
    expect(parsed.kind === "invalid" && parsed.problems.map(({ path }) => path)).toEqual([
      `library.json.${where}`,
    ]);
  });

  it.each([null, [], {}, { version: 2, files: [] }, { version: 1, files: [], more: 1 }])(
    "are not %j",
    (json) => {
      expect(parsePins(json).kind).toBe("invalid");
    },
  );
});
