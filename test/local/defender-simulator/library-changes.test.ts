import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { START_MS, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

const OTHER = Buffer.from("other");
const OTHER_SHA = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";
const RUN_SHA = "acba25512100f80b56fc3ccd14c65be55d94800cda77585c5f41a887e398f9be";

/** The file as it is listed; undefined if it is not. */
async function listed({ call }: Bench, name: string) {
  const value = (await call("GET", "/api/libraryfiles")).at("value");
  const files: { fileName: string; sha256: string; createdBy: string; lastUpdatedTime: string }[] =
    Array.isArray(value) ? value : [];
  return files.find(({ fileName }) => fileName === name);
}

describe("somebody else who changes the library", () => {
  it("does so at once when told, and is the one who has uploaded the file", async () => {
    const bench = await startBench();
    bench.simulator.changeLibrary({ fileName: "run.ps1", content: OTHER });
    expect(await listed(bench, "run.ps1")).toMatchObject({
      sha256: OTHER_SHA,
      createdBy: "somebody@contoso.example",
    });
    bench.simulator.changeLibrary({ fileName: "run.ps1", content: null });
    expect(await listed(bench, "run.ps1")).toBeUndefined();
  });

  it("does so at a time of the plan, and not before", async () => {
    const change = { fileName: "run.ps1", content: OTHER, afterSeconds: 90 };
    const bench = await startBench({ libraryChanges: [change] });
    bench.clock.advanceSeconds(89);
    expect((await listed(bench, "run.ps1"))?.sha256).toBe(RUN_SHA);
    bench.clock.advanceSeconds(11);
    const { sha256, lastUpdatedTime } = (await listed(bench, "run.ps1")) ?? {};
    expect(sha256).toBe(OTHER_SHA);
    expect(Date.parse(lastUpdatedTime ?? "")).toBe(START_MS + 90_000);
  });

  it("does so once the n-th action has begun on its machine, which a posted one has not", async () => {
    const change = { fileName: "run.ps1", content: OTHER, afterActions: 2 };
    const bench = await startBench({ libraryChanges: [change] });
    await bench.submit(0);
    bench.clock.advanceSeconds(60);
    await bench.submit(1);
    expect((await listed(bench, "run.ps1"))?.sha256).toBe(RUN_SHA);
    bench.clock.advanceSeconds(60);
    expect((await listed(bench, "run.ps1"))?.sha256).toBe(OTHER_SHA);
  });

  it("does each change once, also in the life after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lrq-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const snapshotFile = join(folder, "tenant.json");
    const libraryChanges = [{ fileName: "run.ps1", content: OTHER }];
    const first = await startBench({ libraryChanges, snapshotFile });
    expect((await listed(first, "run.ps1"))?.sha256).toBe(OTHER_SHA);
    const form = new FormData();
    form.set("OverrideIfExists", "true");
    form.set("file", new Blob(["run"]), "run.ps1");
    await first.call("POST", "/api/libraryfiles", form);
    await first.simulator.close();
    const second = await startBench({ libraryChanges, snapshotFile });
    expect((await listed(second, "run.ps1"))?.sha256).toBe(RUN_SHA);
  });
});
