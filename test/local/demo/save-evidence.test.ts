import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LrqClient } from "../../../local/demo/lrq-client.ts";
import { saveEvidence } from "../../../local/demo/save-evidence.ts";
import { aCommand, aRun, aSequence, cast, member, ranFor, stored } from "./a-run.ts";

const client: Pick<LrqClient, "manifest" | "evidence"> = {
  manifest: async (runId) => ({ text: "{}\n", manifest: { runId, head: "", entries: [] } }),
  evidence: async (_runId, sequenceId, index) => Buffer.from(`${sequenceId} ${index}\n`),
};

const hostile = { ...stored(1, "0"), servedName: "../../../evil.zip.gz" };
const run = aRun([
  aSequence(member("pc-0101"), {
    commands: [
      aCommand(0, "PutFile", ranFor(0, 1)),
      aCommand(1, "RunScript", { result: stored(1, "0", 0) }),
      aCommand(2, "GetFile", { result: hostile }),
      aCommand(3, "GetFile"),
    ],
  }),
]);

/** The checking program of this platform. */
const [program, ...flags] =
  process.platform === "darwin" ? (["shasum", "-a", "256"] as const) : (["sha256sum"] as const);

describe("saveEvidence", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lrq-evidence-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("keeps stored results and the manifest under names that stay in the folder", async () => {
    const [saved] = await saveEvidence(client, [run], cast.members, folder);
    expect(saved?.files.map(({ path }) => path)).toEqual([
      "pc-0101/1-Collect.ps1.json",
      "pc-0101/2-evil.zip.gz",
    ]);
    expect(saved?.manifestPath).toBe("sentinel-run/manifest.json");
    expect(readFileSync(join(folder, "pc-0101/2-evil.zip.gz"), "utf8")).toBe("run.pc-0101 2\n");
  });

  it("writes sums that the usual program can check", async () => {
    await saveEvidence(client, [run], cast.members, folder);
    const check = () =>
      execFileSync(program, [...flags, "-c", "SHA256SUMS"], { cwd: folder, stdio: "pipe" });
    expect(check().toString().trim().split("\n")).toEqual([
      "pc-0101/1-Collect.ps1.json: OK",
      "pc-0101/2-evil.zip.gz: OK",
      "sentinel-run/manifest.json: OK",
    ]);
    writeFileSync(join(folder, "pc-0101/2-evil.zip.gz"), "changed");
    expect(check).toThrow("did NOT match");
  });
});
