import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runRealScript } from "../../../local/defender-simulator/real-script.ts";
import { command, machines, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

const NAME = "copy-file-for-collection.sh";
const content = readFileSync(`library/${NAME}`);
const folder = mkdtempSync(join(tmpdir(), "lrq-real-"));
const file = join(folder, "evidence");
writeFileSync(file, "evidence of a real file");
mkdirSync(join(folder, "empty"));
const path = Buffer.from(file).toString("base64url");
const args = `--path='${path}' --output=/tmp/lrq-file.tar.gz`;
const script = { fileName: NAME, content, args, osPlatform: "Linux" };

afterAll(() => rmSync(folder, { recursive: true }));

describe("a script that the simulator really runs", () => {
  it("gets the arguments as they were sent, and leaves nothing but what it made", () => {
    const ran = runRealScript(script);
    const archive = "/tmp/lrq-file.tar.gz";
    expect(JSON.parse(ran?.output ?? "")).toMatchObject({ ok: true, archive, taken: 1 });
    expect(ran).toMatchObject({ exitCode: 0, errors: "" });
    const made = ran?.creates?.[archive]?.content;
    expect(tarOf(made)).toContain("evidence of a real file");
  });

  it("fails as it fails on a machine", () => {
    const ran = runRealScript({ ...script, args: "--output=/tmp/x.tar.gz" });
    expect(ran).toMatchObject({ exitCode: 1, creates: {} });
    expect(JSON.parse(ran?.output ?? "")).toMatchObject({ ok: false });
  });

  it.each([
    ["has other bytes than ours", { content: Buffer.concat([content, Buffer.from("#")]) }],
    ["is none of ours", { fileName: "other.sh" }],
    ["is no shell script", { fileName: "windows-triage-list.json" }],
    ["has a path for a name", { fileName: "../library/copy-file-for-collection.sh" }],
    ["is for Windows", { osPlatform: "Windows11" }],
    ["has arguments that a shell would read as more", { args: `${args} $(id)` }],
    ["has arguments with an open quote", { args: `${args} '` }],
  ])("is not run if it %s", (_, change) => {
    expect(runRealScript({ ...script, ...change })).toBeNull();
  });

  it("gives GetFile the file that it wrote, and after a restart an invented one", async () => {
    const snapshotFile = join(folder, "tenant.json");
    const first = await startBench({ ...REAL, snapshotFile });
    await first.submit(0, [
      command("RunScript", { ScriptName: NAME, Args: args }),
      command("GetFile", { Path: "/tmp/lrq-file.tar.gz" }),
    ]);
    expect(await fileServedBy(first)).toContain("evidence of a real file");
    await first.simulator.close();
    const second = await startBench({ ...REAL, snapshotFile });
    const invented = await fileServedBy(second);
    expect(invented).toContain("about.txt");
    expect(invented).not.toContain("evidence of a real file");
  });
});

const REAL = {
  machines: machines(1, { osPlatform: "Linux" }),
  library: [{ fileName: NAME, content }],
  runScript: runRealScript,
  switches: { fileResult: "raw" },
} as const;

/** What GetFile, the second command of the first action, serves once that has ended. */
async function fileServedBy({ call, clock, simulator }: Bench): Promise<string> {
  clock.advanceSeconds(400);
  const [action] = simulator.actions();
  expect(action?.status).toBe("Succeeded");
  const called = "GetLiveResponseResultDownloadLink(index=1)";
  const link = await call("GET", `/api/machineactions/${action?.id}/${called}`);
  const served = await fetch(String(link.at("value")));
  return tarOf(Buffer.from(await served.arrayBuffer()));
}

function tarOf(archive: unknown): string {
  return archive instanceof Uint8Array ? gunzipSync(archive).toString("latin1") : "";
}
