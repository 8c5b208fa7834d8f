import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HAS_PWSH, scenariosOf, WHERE } from "./scenarios.ts";

const scenarios = scenariosOf("Copy-FileForCollection.ps1", "Invoke-Copy");
const disk = scenarios.folderOf("disk");
const shadow = scenarios.folderOf("shadow");
const NAME = "a [1] $(x) ü';.txt";

for (const place of [disk, join(shadow, disk)]) {
  mkdirSync(join(place, "folder [x]", "below"), { recursive: true });
  writeFileSync(join(place, "locked"), "locked");
}
writeFileSync(join(disk, NAME), "strange");
writeFileSync(join(disk, "empty"), "");
writeFileSync(join(disk, "large"), "x".repeat(2 * 1024 * 1024));
writeFileSync(join(disk, "folder [x]", "%TEMP%"), "percent");
writeFileSync(join(disk, "folder [x]", "below", "b"), "below");
symlinkSync(join(disk, NAME), join(disk, "link"));
symlinkSync("..", join(disk, "folder [x]", "around"));
symlinkSync("b", join(disk, "folder [x]", "below", "link"));

function given(name: string, path: string, more: Readonly<Record<string, unknown>> = {}): void {
  const output = join(scenarios.folderOf(`${name} out`), "archive.zip");
  mkdirSync(dirname(output));
  writeFileSync(output, "an archive of an earlier time");
  const encoded = Buffer.from(path).toString("base64url");
  const standard = { Megabytes: "2900", Seconds: "300", Rest: [], Output: output };
  const { locked = [], shadow: from = "", ...words } = more;
  scenarios.given(name, {
    output,
    locked,
    shadow: from,
    arguments: { ...standard, Path: encoded, ...words },
  });
}

beforeAll(() => scenarios.run());
afterAll(() => scenarios.end());

/** The files of the disk that are in the archive, by their paths there. */
function takenIn(name: string) {
  const { files, missed, said } = scenarios.archiveOf(name);
  const begin = `files${disk}/`;
  const taken = [...files].filter(([path]) => path.startsWith(begin));
  const missedHere = missed.map((line) => line.replace(disk, ""));
  const short = taken.map(([path, text]) => [path.slice(begin.length), text]);
  return { taken: Object.fromEntries(short), missed: missedHere, said };
}

describe.runIf(HAS_PWSH)(`a file that live response cannot fetch, ${WHERE}`, () => {
  given("strange", join(disk, NAME));
  given("empty", join(disk, "empty"));
  given("link", join(disk, "link"));
  given("locked", join(disk, "locked"), { locked: [join(disk, "locked")], shadow });
  given("folder", join(disk, "folder [x]"));
  given("large", join(disk, "large"), { Megabytes: "1" });
  given("locked for good", join(disk, "locked"), { locked: [join(disk, "locked")] });
  given("itself", scenarios.folderOf("itself out"));
  given("missing", join(disk, "nobody"));
  given("relative", "etc/passwd");
  given("not encoded", "", { Path: "C:\\a" });

  it.each([
    ["strange", { [NAME]: "strange" }],
    ["empty", { empty: "" }],
    ["link", { link: "strange" }],
    ["locked", { locked: "locked" }],
  ])("is in the archive although it is %s", (name, taken) => {
    expect(takenIn(name)).toMatchObject({ taken, missed: [], said: { taken: 1 } });
  });

  it("is in the archive with all others of its folder, but for links", () => {
    expect(takenIn("folder")).toMatchObject({
      taken: { "folder [x]/%0025TEMP%0025": "percent", "folder [x]/below/b": "below" },
      missed: ["a link, or kept elsewhere\t/folder [x]/below/link"],
      said: { taken: 2 },
    });
  });

  it("is no archive if it could not be taken, but a sentence", () => {
    const begin = `nothing of ${disk}`;
    expect(scenarios.errorOf("large")).toBe(
      `${begin}/large could be taken: no room was left: 2048 KiB`,
    );
    expect(scenarios.errorOf("locked for good")).toBe(
      `${begin}/locked could be taken: it is locked, and there is no shadow copy`,
    );
    expect(scenarios.errorOf("missing")).toBe(`there is no ${disk}/nobody`);
    for (const name of ["relative", "not encoded"]) {
      expect(scenarios.errorOf(name)).toBe("-Path is base64url of a full path");
    }
    expect(scenarios.outcomeOf("large").left).toEqual([]);
  });

  it("has no part of the script's own work, although it is in the folder", () => {
    const { said, missed } = scenarios.archiveOf("itself");
    expect(said).toMatchObject({ ok: true, taken: 0 });
    expect(missed).toEqual([]);
  });

  it("leaves no shadow copy behind", () => {
    scenarios.archiveOf("locked");
    expect(existsSync(join(shadow, "removed"))).toBe(true);
  });
});
