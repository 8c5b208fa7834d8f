import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runCommand } from "../../../local/lrq/command-line.ts";
import { temporaryFolder } from "../lrq/exporting.ts";

async function pin(folder: string, ...words: string[]) {
  const said: string[] = [];
  const keep = (line: string) => void said.push(line);
  const surroundings = { env: {}, say: keep, complain: keep };
  const exitCode = await runCommand(["library", "pin", "--folder", folder, ...words], surroundings);
  return { exitCode, said: said.join("\n") };
}

function pinsOf(folder: string) {
  const file = z.object({ files: z.array(z.record(z.string(), z.unknown())) });
  return file.parse(JSON.parse(readFileSync(join(folder, "library.json"), "utf8"))).files;
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const A_SHA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

describe("lrq library pin", () => {
  it("writes the hash of every file, and keeps what people wrote about it", async () => {
    const folder = folderWith({ "a.sh": "a", "README.md": "For people." });
    expect((await pin(folder)).exitCode).toBe(0);
    expect(pinsOf(folder)).toEqual([
      { name: "a.sh", sha256: A_SHA, description: null, parameters: null, signed: false },
    ]);
    const text = readFileSync(join(folder, "library.json"), "utf8");
    const described = text.replace('"description": null', '"description": "Ours."');
    writeFileSync(join(folder, "library.json"), described);
    writeFileSync(join(folder, "a.sh"), "b");
    await pin(folder);
    const [changed] = pinsOf(folder);
    expect(changed).toMatchObject({ description: "Ours." });
    expect(changed?.["sha256"]).not.toBe(A_SHA);
  });

  it("notices a signature, and keeps the pin of a file that is not here", async () => {
    const folder = folderWith({ "a.ps1": "a", "b.ps1": "b" });
    await pin(folder);
    rmSync(join(folder, "b.ps1"));
    writeFileSync(join(folder, "a.ps1"), "a\r\n# SIG # Begin signature block\r\n# MII\r\n");
    expect((await pin(folder)).said).toContain("kept     b.ps1");
    expect(pinsOf(folder)).toMatchObject([{ name: "a.ps1", signed: true }, { name: "b.ps1" }]);
  });

  it("changes nothing with --check, and says by its exit code whether it would", async () => {
    const folder = folderWith({ "a.sh": "a" });
    await pin(folder);
    expect((await pin(folder, "--check")).exitCode).toBe(0);
    writeFileSync(join(folder, "a.sh"), "b");
    expect((await pin(folder, "--check")).exitCode).toBe(1);
    expect(pinsOf(folder)).toMatchObject([{ sha256: A_SHA }]);
  });

  it("refuses a folder with what Defender refuses, and writes nothing", async () => {
    const folder = folderWith({ "my script.ps1": "x", "empty.sh": "", "a.sh": "a" });
    writeFileSync(join(folder, "big.zip"), Buffer.alloc(20 * 1_048_576 + 1));
    mkdirSync(join(folder, "below"));
    const { exitCode, said } = await pin(folder);
    expect(exitCode).toBe(1);
    for (const name of ["my script.ps1", "empty.sh", "big.zip", "below"]) {
      expect(said).toContain(name);
    }
    expect(() => pinsOf(folder)).toThrow("ENOENT");
  });

  it("refuses pins that are not right", async () => {
    const folder = folderWith({ "a.sh": "a", "library.json": '{"version":2,"files":[]}' });
    const { exitCode, said } = await pin(folder);
    expect(exitCode).toBe(1);
    expect(said).toContain("library.json.version");
  });
});
