import type { ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HostChild } from "./host-child.ts";
import { addressOf, bundle, runHost } from "./host-child.ts";

const fixtures = join(import.meta.dirname, "fixtures");
let folder: string;
let hostFile: string;
let root: string;
const children: ChildProcess[] = [];

/** The host and an app as `npm run build` makes them: two bundles, nothing else beside them. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lrq-host-"));
  hostFile = join(folder, "host.mjs");
  root = join(folder, "app");
  mkdirSync(root);
  await bundle(join(process.cwd(), "local/host/main.ts"), hostFile);
  await bundle(join(fixtures, "http-app/main.mjs"), join(root, "dist/main.mjs"));
  cpSync(join(fixtures, "http-app/host.json"), join(root, "host.json"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ main: "dist/main.mjs" }));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(env: Record<string, string>, where = root): HostChild {
  const host = runHost(hostFile, where, env);
  children.push(host.child);
  return host;
}

describe("the host process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "serves a bundled app at the address it prints, and drains on %s",
    async (signal) => {
      const host = run({});
      const url = await addressOf(host);
      const answer = await fetch(`${url}/api/echo/x`, { method: "POST", body: "hi" });
      expect(await answer.json()).toMatchObject({ params: { kind: "x" }, body: "hi" });
      host.child.kill(signal);
      expect(await host.exit).toEqual([0, null]);
      expect(host.stderr()).toContain("information echo echoing x");
    },
  );

  it("has its settings from the environment, and reads no local.settings.json", async () => {
    const values = { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1 MB" };
    const file = join(root, "local.settings.json");
    writeFileSync(file, JSON.stringify({ IsEncrypted: false, Values: values }));
    const host = run({});
    const began = await Promise.race([addressOf(host), host.exit]);
    rmSync(file);
    expect(began).toMatch(/^http:/);
  });

  it("ends when its parent does, if asked to", async () => {
    const host = run({ LRQ_EXIT_WITH_PARENT: "1" });
    await addressOf(host);
    host.child.stdin?.end();
    expect(await host.exit).toEqual([0, null]);
    expect(host.stderr()).toContain("the parent is gone");
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: "http" }, 'PORT is "http", not a port number'],
    [{ AzureWebJobsStorage: "" }, "AzureWebJobsStorage is not set"],
    [{ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1 MB" }, "not a number of bytes"],
  ])("does not start with the setting %j, and says why", async (env, why) => {
    const host = run(env);
    expect(await host.exit).toEqual([1, null]);
    expect(host.stderr()).toContain(why);
  });

  it("does not start without a built app or with a host.json that is not right", async () => {
    const unbuilt = join(folder, "unbuilt");
    mkdirSync(unbuilt);
    writeFileSync(join(unbuilt, "host.json"), '{ "version": "2.0" }');
    writeFileSync(join(unbuilt, "package.json"), '{ "main": "dist/main.mjs" }');
    const first = run({}, unbuilt);
    await first.exit;
    expect(first.stderr()).toContain("does not exist: build the app first");
    writeFileSync(join(unbuilt, "host.json"), '{ "version": "3.0" }');
    const second = run({}, unbuilt);
    await second.exit;
    expect(second.stderr()).toContain("host.json is not right:\n  version: ");
  });
});
