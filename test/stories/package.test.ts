import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { incident } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const PACKAGE = "dist/package";
const PACKED = z.object({
  filename: z.string(),
  files: z.array(z.object({ path: z.string() })),
});

function output(program: string, words: readonly string[], cwd = process.cwd()): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: ${stderr}`);
  return stdout;
}

let stage: Stage | null = null;
afterAll(async () => await stage?.close());

/**
 * The package as it is unpacked in Azure, far from any node_modules, and the local host in front of
 * it; its folder.
 */
function unpacked(): string {
  const root = mkdtempSync(join(tmpdir(), "lrq-package-"));
  cpSync(PACKAGE, root, { recursive: true });
  const host = join(root, "dist/local/host.mjs");
  mkdirSync(dirname(host), { recursive: true });
  copyFileSync("dist/local/host.mjs", host);
  return root;
}

describe("the package that npm makes", () => {
  it("runs lrq in an empty folder, without node_modules", () => {
    const folder = mkdtempSync(join(tmpdir(), "lrq-packed-"));
    // What is packed, and nothing beside it. The bundle was built before all tests.
    const npm = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const packed: unknown = JSON.parse(output("npm", npm));
    const [{ filename, files }] = z.tuple([PACKED]).parse(packed);
    output("tar", ["-xzf", join(folder, filename), "-C", folder]);
    const lrq = join(folder, "package/dist/local/lrq.mjs");
    expect(output(process.execPath, [lrq, "--version"], folder)).toMatch(/^\d+\.\d+\.\d+ \(/);
    expect(output(process.execPath, [lrq, "show", "--help"], folder)).toContain("Examples:");
    const others = files.filter(
      ({ path }) => !/^(dist\/local\/lrq|docs\/|[A-Z]+(\.md)?$)/.test(path),
    );
    expect(others.map(({ path }) => path)).toEqual(["dist/app/main.mjs", "package.json"]);
    rmSync(folder, { recursive: true });
  });
});

describe("the package that is deployed", () => {
  it("has bundle, page, what the host reads, the profiles and the pins, and nothing else", () => {
    const files = readdirSync(PACKAGE, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(PACKAGE.length + 1));
    const profiles = readdirSync("profiles").filter((name) => name.endsWith(".json"));
    const expected = ["host.json", "package.json", "dist/app/main.mjs", "library/library.json"];
    const page = ["index.html", "page.css", "page.js"].map((name) => `dist/app/page/${name}`);
    const all = [...expected, ...page, ...profiles.map((name) => `profiles/${name}`)];
    expect(files.toSorted()).toEqual(all.toSorted());
    const manifest: unknown = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
    expect(manifest).toMatchObject({ type: "module", main: "dist/app/main.mjs" });
    expect(manifest).not.toHaveProperty("dependencies");
  });

  it("starts without node_modules, serves its page, and brings evidence home", async () => {
    stage = await openStage({ root: unpacked() });
    const served = await Promise.all(
      ["page", "page/page.js", "page/page.css"].map(async (path) => await stage?.call("GET", path)),
    );
    expect(served.map((each) => each?.status)).toEqual([200, 200, 200]);
    const { runId } = await stage.accept("generic", incident("package", [1]));
    const run = await stage.untilFinished(runId);
    expect(run.sequences).toMatchObject([{ state: "succeeded" }]);
    expect((await stage.manifest(runId)).entries).not.toEqual([]);
  });
});
