import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { saveEvidence } from "../../../local/demo/save-evidence.ts";
import { recordForRun } from "../../../shared/store/record-for-run.ts";
import { RUN_ID, SEQUENCE_ID } from "../../ledger/a-sequence.ts";
import { openCollecting } from "../../workflow/collecting.ts";
import { apiOf, decideAbout, temporaryFolder } from "../lrq/exporting.ts";

/** The checking program of this platform. */
const [program, ...flags] =
  process.platform === "darwin" ? (["shasum", "-a", "256"] as const) : (["sha256sum"] as const);

async function savedInto(folder: string) {
  const collecting = await openCollecting([
    { type: "RunScript", fileName: null, chunks: [Buffer.from('{"exit_code":0}')] },
    { type: "GetFile", fileName: "../../../evil.zip", chunks: [Buffer.from("bytes")] },
  ]);
  const ports = collecting.ports();
  await recordForRun(ports, RUN_ID, "accepted", { by: "analyst" });
  await decideAbout(ports, SEQUENCE_ID);
  await collecting.collect();
  const runs = [{ runId: RUN_ID, source: "sentinel" }];
  const [saved] = await saveEvidence(apiOf(collecting), runs, folder);
  if (saved === undefined) throw new Error("nothing was saved");
  return saved;
}

describe("saveEvidence", () => {
  it("exports each run into a folder of its own, and finds it whole", async () => {
    const folder = temporaryFolder();
    const saved = await savedInto(folder);
    expect(saved).toMatchObject({ folder: `sentinel-${RUN_ID}`, findings: [] });
    expect(readdirSync(folder)).toEqual([saved.folder]);
    expect(saved.files).toHaveLength(2);
    expect(readFileSync(join(folder, saved.files[1]?.path ?? ""), "utf8")).toBe("bytes");
  });

  it("writes sums that the usual program can check", async () => {
    const folder = temporaryFolder();
    const saved = await savedInto(folder);
    const cwd = join(folder, saved.folder);
    const check = () =>
      execFileSync(program, [...flags, "-c", "SHA256SUMS"], { cwd, stdio: "pipe" });
    expect(check().toString().trim().split("\n")).toHaveLength(7);
    writeFileSync(join(folder, saved.files[1]?.path ?? ""), "changed");
    expect(check).toThrow("did NOT match");
  });
});
