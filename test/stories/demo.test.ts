import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PATIENCE_MS } from "./until.ts";

/** What the demo needs, copied: its build would pull the bundle from under other stories. */
const NEEDED = [
  "build.mjs",
  "bench",
  "test/simulation",
  "test/access",
  "test/ledger",
  "test/limits",
  "test/plan",
  "test/stories/chromium.ts",
  "test/workflow",
  "functions",
  "host.json",
  "library",
  "local",
  "package.json",
  "page",
  "profiles",
  "shared",
];
let folder: string;
let ended: { code: number | null; output: string; complaints: string };
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "lrq-demo-")));
  for (const name of NEEDED) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(realpathSync("node_modules"), join(folder, "node_modules"), "junction");
  ended = await runDemo();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npm run demo", () => {
  it("comes out as it should, by itself", () => {
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.output).toMatch(/All of it in \d+ s\. Everything is stopped\./);
  });

  it("says what came true, and nothing else", () => {
    const lines = ended.output.split("\n");
    expect(lines.filter((line) => line.startsWith("ok  ")).length).toBeGreaterThanOrEqual(5);
    expect(ended.output).toMatch(/never called the tenant too often/);
    expect(ended.output).toMatch(/custody chain of each run is complete/);
    expect(ended.output).not.toMatch(/^NOT /m);
  });

  it("shows the rarest autostart of a sweep, and what its second round has that is new", () => {
    expect(ended.output).toMatch(/^Round 1 .* 5 of 5 reached$/m);
    expect(ended.output).toMatch(/^Round 2 .* 5 of 5 reached$/m);
    const lines = ended.output.split("\n");
    const first = lines.findIndex((line) => line.startsWith("Rarest first")) + 1;
    expect(lines[first]).toMatch(/^1 of 5 .* C:\\Users\\Public\\Libraries\\shupdate\.exe$/);
    expect(lines[first + 1]).toMatch(/^ +on \S+ alone$/);
    expect(lines.filter((line) => line.startsWith("1 of 5"))).toHaveLength(1);
    expect(ended.output).toMatch(/^new +service Vpn +on \S+, \S+$/m);
    expect(lines.filter((line) => /^ok .*(sweep|each round|planted|Vpn)/.test(line)).length).toBe(
      5,
    );
  });

  it("says where the evidence lies, and its hashes are those of the files there", () => {
    expect(ended.output).toMatch(/^Evidence +\.lrq\/demo\/evidence$/m);
    const evidence = join(folder, ".lrq", "demo", "evidence");
    const runs = readdirSync(evidence);
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) {
      const sums = readFileSync(join(evidence, run, "SHA256SUMS"), "utf8")
        .trim()
        .split("\n");
      for (const line of sums) {
        const [, sha256, name = ""] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
        const bytes = readFileSync(join(evidence, run, name));
        expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
      }
      const results = sums.filter((line) => line.endsWith(".bin"));
      expect(results.filter((line) => !ended.output.includes(line.slice(0, 64)))).toEqual([]);
    }
  });

  it("leaves no process behind", () => {
    const commands = execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" }).split("\n");
    expect(commands.filter((line) => line.includes(folder))).toEqual([]);
  });
});

async function runDemo(): Promise<typeof ended> {
  const { PATH, HOME } = process.env;
  const child = spawn("npm", ["run", "demo"], {
    cwd: folder,
    env: { PATH, HOME },
    stdio: ["ignore", "pipe", "pipe"],
    // It takes less than a minute on a machine that does nothing else; this ends one that hangs.
    timeout: PATIENCE_MS,
  });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output, complaints }));
  });
}
