import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { sampleTenant } from "../../local/defender-simulator/sample-tenant.ts";
import { parsePins, type Pins } from "../../shared/plan/library/pins.ts";
import { readPins, readProfiles } from "../../shared/shipped-profiles.ts";
import { temporaryFolder } from "../local/lrq/exporting.ts";
import { shippedCatalogue } from "../plan/shipped.ts";

const FOLDER = new URL("../../library/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => !["README.md", "library.json"].includes(name));

function pins(): Pins {
  const parsed = parsePins(JSON.parse(readFileSync(new URL("library.json", FOLDER), "utf8")));
  if (parsed.kind === "parsed") return parsed.value;
  throw new Error(JSON.stringify(parsed.problems));
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("the pins that are shipped", () => {
  it("are of the files in the folder, of each of them and of no other", () => {
    expect([...pins().keys()].toSorted()).toEqual(FILES.toSorted());
  });

  it.each(FILES)("have the hash of %s; if not, run npm run library:write", (name) => {
    const pin = pins().get(name);
    expect(pin?.sha256).toBe(sha256(readFileSync(new URL(name, FOLDER))));
    expect(pin?.description).not.toBeNull();
  });

  it("cover every script and file that a shipped profile names", () => {
    const named = [...shippedCatalogue().values()].flatMap(({ profile }) =>
      profile.commands.flatMap((command) => {
        if (command.type === "GetFile") return [];
        return command.type === "PutFile" ? [command.fileName] : [command.scriptName];
      }),
    );
    const constant = new Set(named.filter((name) => !name.includes("{{")));
    const unpinned = [...constant].filter((name) => !pins().has(name));
    expect(unpinned).toEqual([]);
  });

  it("are what the app reads beside its profiles", () => {
    expect(readProfiles()).toMatchObject({ kind: "profiles", pins: pins() });
  });

  it("are a problem of the app if they are missing or wrong", () => {
    const folder = pathToFileURL(`${temporaryFolder()}/`);
    const problems = () => {
      const read = readPins(folder);
      return read.kind === "invalid" ? read.problems.map(({ path }) => path) : [];
    };
    expect(problems()).toEqual(["library.json"]);
    writeFileSync(new URL("library.json", folder), '{"version":1,"files":[{"name":"a.sh"}]}');
    expect(problems()).toContain("library.json.files.0.sha256");
    writeFileSync(new URL("library.json", folder), "{");
    expect(problems()).toEqual(["library.json"]);
  });

  it("fit the library of the sample tenant, which has the very bytes", () => {
    const { library } = sampleTenant({ machines: 0 });
    const hashes = new Map(library.map(({ fileName, content }) => [fileName, sha256(content)]));
    for (const { name, sha256: pinned } of pins().values()) expect(hashes.get(name)).toBe(pinned);
  });
});
