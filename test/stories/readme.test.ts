import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { page } from "../docs/markdown.ts";
import { powerShellBlocks, samples, storyBlocks } from "../docs/readme-blocks.ts";
import { findPwsh } from "../library/pwsh.ts";
import { until } from "./until.ts";

/*
 * The README's commands, run as a reader would run them: `npm start` in a folder of its own, then
 * everything else against it, in order. Only the port is another, for 7071 may be taken.
 */

const README = page("README.md");
const [START = "", ...BLOCKS] = storyBlocks(README);
const README_PORT = "7071";
/** What `npm start` needs of the repository, linked into a folder that keeps its data apart. */
const LINKED = ["dist", "host.json", "node_modules", "package.json", "profiles"];
/** What the script does first; the bundle is built before all tests, once. */
const BUILDS = "node build.mjs --quiet && ";
const ARCHIVE = "triage.zip.gz";
const PWSH = findPwsh();

const folder = mkdtempSync(join(tmpdir(), "lrq-readme-"));
const environment = { PATH: process.env["PATH"], HOME: folder };
let started: ChildProcess;
let port = "";

beforeAll(async () => {
  for (const name of LINKED) symlinkSync(join(process.cwd(), name), join(folder, name));
  started = await startAs(START);
});

afterAll(async () => {
  const exited = new Promise((resolve) => started.once("exit", resolve));
  started.kill("SIGTERM");
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

describe("the README's story", () => {
  const outputs: string[] = [];
  // One after the other, as a reader would: each block goes on from what those before it did.
  beforeAll(async () => {
    for (const block of BLOCKS) outputs.push(await settled(block));
  });

  it("goes on block by block, and ends with the run finished and its archive there", async () => {
    expect(outputs.length).toBeGreaterThan(3);
    for (const said of outputs) {
      expect(said).not.toContain("urn:lrq:problem:");
      for (const json of said.split(/(?<=\})(?=\{)/).filter((each) => each !== "")) {
        expect(JSON.parse(json)).toBeTypeOf("object");
      }
    }
    const run = await get("runs/dr60s2vdevzmvjgmkmak");
    expect(run).toMatchObject({ state: "finished", counts: { total: 1, succeeded: 1 } });
    expect(existsSync(join(folder, ARCHIVE))).toBe(true);
    expect(await get("status")).toMatchObject({ paused: null });
  });

  it.skipIf(PWSH.kind === "none")(
    "is the same in PowerShell, and leaves the same archive",
    async () => {
      if (PWSH.kind === "none") return;
      const [start, ...blocks] = powerShellBlocks(README);
      expect(start).toBe(START.replace(/^(\w+)=(\S+) (.+)$/, "$env:$1 = '$2'; $3"));
      const into = mkdtempSync(join(folder, "powershell-"));
      // As a reader has it, who waits until the run is over.
      const script = ["$ErrorActionPreference = 'Stop'", ...blocks].join("\n");
      const words = ["-NoProfile", "-Command", script.replaceAll(README_PORT, port)];
      const { stdout } = await promisify(execFile)(PWSH.path, words, { cwd: into });
      expect(stdout).toContain("dr60s2vdevzmvjgmkmak");
      const [theirs, ours] = [join(into, ARCHIVE), join(folder, ARCHIVE)].map((each) =>
        readFileSync(each),
      );
      expect(theirs).toEqual(ours);
    },
  );

  it.each([...samples(README)])(
    "may be told by %s instead, with the body shown",
    async (source, body) => {
      const answered = await fetch(`${url()}/incidents/${source}`, {
        method: "POST",
        headers: authorized(),
        body: JSON.stringify(body),
      });
      expect(answered.status).toBe(202);
      expect(await answered.json()).toMatchObject({ sequences: [{}], skipped: [] });
    },
  );
});

/** What `npm start` runs, without npm and without building again. */
async function startAs(block: string): Promise<ChildProcess> {
  const [, settings = ""] = /^((?:[A-Z_]+=\S+ )*)npm start$/.exec(block) ?? [];
  const own = Object.fromEntries(settings.trim().split(" ").map(pair));
  const { scripts } = z
    .object({ scripts: z.object({ start: z.string().startsWith(BUILDS) }) })
    .parse(JSON.parse(page("package.json")));
  const [program, ...words] = scripts.start.slice(BUILDS.length).split(" ");
  expect(program).toBe("node");
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { ...environment, ...own, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let outputs = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (outputs += String(chunk)));
  }
  // It says its address once everything is up.
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended:\n${outputs}`);
      return /^lrq +http:\/\/127\.0\.0\.1:(\d+)\/api$/m.exec(outputs)?.[1] ?? "";
    },
    (said) => (port = said) !== "",
    () => outputs,
  );
  return child;
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Runs a block; one that shows a run under way is run again, as a reader would, until it is over.
 */
async function settled(block: string): Promise<string> {
  const readsRun = /^curl [^\n]*\/runs\/\w+"[^\n]*$/.test(block);
  return await until(
    async () => await shell(block),
    (said) => !readsRun || !said.includes('"state":"running"'),
    () => `still under way: ${block}`,
  );
}

/** The variables an earlier block exported are still set, as they are in a terminal. */
async function shell(block: string): Promise<string> {
  const exported = BLOCKS.slice(0, BLOCKS.indexOf(block)).flatMap((earlier) =>
    earlier.split("\n").filter((line) => line.startsWith("export ")),
  );
  const script = [...exported, block].join("\n").replaceAll(README_PORT, port);
  const options = { cwd: folder, env: environment };
  return (await promisify(execFile)("sh", ["-e", "-c", script], options)).stdout;
}

function url(): string {
  return `http://127.0.0.1:${port}/api`;
}

function authorized(): Record<string, string> {
  const [, key = ""] = /KEY=(\S+)/.exec(README) ?? [];
  return { authorization: `Bearer ${key}`, "content-type": "application/json" };
}

async function get(path: string): Promise<unknown> {
  const answered = await fetch(`${url()}/${path}`, { headers: authorized() });
  return await answered.json();
}
