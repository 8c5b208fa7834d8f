import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand, USAGE } from "../../../local/lrq/command-line.ts";
import { page } from "../../docs/markdown.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { exported, temporaryFolder } from "./exporting.ts";

const KEY = "a key nobody may see";

async function run(words: readonly string[], env: Record<string, string> = {}) {
  const said: string[] = [];
  const complained: string[] = [];
  const exitCode = await runCommand(words, {
    env,
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
  });
  return { exitCode, said: said.join("\n"), complained: complained.join("\n") };
}

describe("lrq", () => {
  it("shows how it is used, and ends well", async () => {
    expect(await run(["--help"])).toEqual({ exitCode: 0, said: USAGE, complained: "" });
  });

  it.each([
    [[]],
    [["verify"]],
    [["export", RUN_ID]],
    [["export", "not-a-run", "folder"]],
    [["verify", "a", "b"]],
    [["delete", "a"]],
    [["verify", "a", "--force"]],
    [["verify", "a", "--head", "abc"]],
    [["verify", "neither-folder-nor-run"]],
    [["verify", "package.json"]],
    [["export", RUN_ID, "no-settings"]],
  ])("says how it is used, with exit code 2, when called with %j", async (words) => {
    const { exitCode, complained } = await run(words);
    expect(exitCode).toBe(2);
    expect(complained).toContain(USAGE);
    expect(existsSync("no-settings")).toBe(false);
  });

  it("says that a folder is whole, with its head, and exit code 0", async () => {
    const { folder, run: saved } = await exported([]);
    const { exitCode, said } = await run(["verify", folder, "--head", saved.manifest.head]);
    expect(exitCode).toBe(0);
    expect(said).toMatch(new RegExp(`^ok {3}run ${RUN_ID}: 0 results`));
    expect(said).toContain(`head ${saved.manifest.head}`);
  });

  it("takes a folder by any of its names", async () => {
    const { folder } = await exported([]);
    for (const name of [relative(process.cwd(), folder), `${folder}/`, `${folder}/../run`]) {
      expect((await run(["verify", name])).exitCode).toBe(0);
    }
  });

  it("says what is wrong where, with exit code 1", async () => {
    const { folder } = await exported([
      { type: "GetFile", fileName: null, chunks: [Buffer.from("bytes")] },
    ]);
    const manifest = join(folder, "manifest.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"size": 5', '"size": 6'));
    const { exitCode, said } = await run(["verify", folder]);
    expect(exitCode).toBe(1);
    expect(said).toContain("NOT  manifest.json: broken at entry 1: entry 1 was changed");
    expect(said).toContain("0-0.bin: has 5 bytes; entry 1 of the manifest says 6");
  });

  it("never overwrites, and never shows the key", async () => {
    const folder = join(temporaryFolder(), "run");
    mkdirSync(folder);
    writeFileSync(join(folder, "mine.txt"), "mine");
    const env = { LRQ_URL: "http://127.0.0.1:9", LRQ_KEY: KEY };
    expect((await run(["export", RUN_ID, folder], env)).exitCode).toBe(2);
    const refused = await run(["export", RUN_ID, `${folder}-2`], env);
    expect(refused).toMatchObject({ exitCode: 1, said: "" });
    expect(JSON.stringify(refused)).not.toContain(KEY);
  });

  it("is described on the page about evidence with all its verbs", () => {
    const evidence = page("docs/evidence.md");
    for (const verb of ["npx lrq export RUN", "npx lrq verify RUN", "--head HASH"]) {
      expect(evidence).toContain(verb);
    }
  });
});
