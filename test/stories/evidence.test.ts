import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { SimulatedFile } from "../../local/defender-simulator/options.ts";
import { runCommand } from "../../local/lrq/command-line.ts";
import { verifyFolder } from "../../local/lrq/verify-folder.ts";
import { verifyAudit } from "../../shared/evidence/audit.ts";
import { auditPageSchema } from "./answers.ts";
import { incident, machine, PATIENT_CALLS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";
import { auditedSequences } from "./traces.ts";

let stage: Stage | null = null;
let folder = "";
afterEach(async () => {
  await stage?.close();
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

/** More than the kernel and the hosts on the way hold for a reader who has gone. */
const LARGE_BYTES = 8 * 1_048_576;

/** A run on two machines; `file` is what each of them collects, if not what is usual. */
async function finishedRun(file?: SimulatedFile): Promise<{ on: Stage; runId: string }> {
  const archive = String.raw`C:\ProgramData\lrq\triage.zip`;
  const scripts =
    file === undefined ? {} : { "Collect-WindowsTriage.ps1": { creates: { [archive]: file } } };
  stage = await openStage({
    machines: [1, 2].map((number) => machine(number, { scripts })),
    env: PATIENT_CALLS,
  });
  const { runId } = await stage.accept("generic", incident("evidence", [1, 2]));
  await stage.untilFinished(runId);
  return { on: stage, runId };
}

async function auditAt(on: Stage, path: string) {
  const answered = await on.call("GET", path);
  expect(answered.status).toBe(200);
  return auditPageSchema.parse(answered.body);
}

/** Somebody got a file; whoever waits for the run also sees what its scripts wrote. */
function isOfFile({ event, detail }: { readonly event: string; readonly detail: string }): boolean {
  return event === "evidenceRead" && detail.includes(" sha256 ");
}

describe("evidence of a finished run", () => {
  it("is listed, read, exported and verified, and each reading is in the log of the run", async () => {
    const { on, runId } = await finishedRun();
    const listed = await on.call("GET", `runs/${runId}/evidence`);
    expect(listed).toMatchObject({ status: 200, body: { runId } });
    folder = mkdtempSync(join(tmpdir(), "lrq-story-"));
    const target = join(folder, "run");
    const said: string[] = [];
    const surroundings = {
      env: { LRQ_URL: on.url, LRQ_KEY: on.key },
      say: (line: string): void => void said.push(line),
      complain: (line: string): void => void said.push(line),
    };
    expect(await runCommand(["export", runId, target], surroundings)).toBe(0);
    expect(await runCommand(["verify", target], surroundings)).toBe(0);
    expect(await runCommand(["verify", runId], surroundings)).toBe(0);
    expect(await runCommand(["verify", "queue"], surroundings)).toBe(0);
    expect(await runCommand(["export", runId, target], surroundings)).toBe(2);
    expect(await verifyFolder(target)).toMatchObject({ results: 4, undecided: 0, findings: [] });

    const sealed = await on.until(runId, ({ seal }) => seal?.current === true);
    expect(sealed.seal).toMatchObject({ number: 1 });
    expect(said.filter((line) => line === `seal ${sealed.seal?.hash}`)).toHaveLength(3);
    expect(
      await runCommand(["verify", runId, "--head", sealed.seal?.hash ?? ""], surroundings),
    ).toBe(0);

    const { records, head } = await auditAt(on, `runs/${runId}/audit`);
    expect(verifyAudit(records, { number: head.count, hash: head.head }).kind).toBe("ok");
    const events = records.map(({ event }) => event);
    expect(events[0]).toBe("accepted");
    expect(records.filter(isOfFile)).toHaveLength(12);
    expect(records[1]).toMatchObject({ event: "evidenceRead", by: "local" });
    expect((await auditAt(on, `runs/${runId}/audit?from=5`)).records[0]?.number).toBe(5);
  });

  it("leaves each decision of the queue in its log, in a chain that verifies", async () => {
    const { on, runId } = await finishedRun();
    await on.call("POST", "pause", { reason: "a line\r\nand another" });
    await on.call("POST", "resume");
    const { records, head, next } = await auditAt(on, "audit");
    expect(verifyAudit(records, { number: head.count, hash: head.head }).kind).toBe("ok");
    expect(next).toBe(null);
    const about = (event: string) => records.filter((each) => each.event === event);
    // What a busy host cannot send in time it gives back, and claims again.
    const again = auditedSequences(records, "givenBack").length;
    for (const [event, all] of [
      ["claimed", 2 + again],
      ["submitted", 2],
      ["ended", 2],
    ] as const) {
      const ids = auditedSequences(records, event);
      expect({ event, ids: new Set(ids).size, all: ids.length }).toEqual({ event, ids: 2, all });
      expect(ids.every((id) => id.startsWith(runId))).toBe(true);
    }
    expect(about("paused")[0]).toMatchObject({ by: "local", detail: "a line and another" });
    expect(about("resumed")).toHaveLength(1);
    expect(JSON.stringify(records)).not.toContain(on.key);
  });

  it("is sent to download, to nobody without the right, and to nobody who asks wrongly", async () => {
    const { on, runId } = await finishedRun();
    const [entry] = (await on.manifest(runId)).entries;
    const { headers, sha256 } = await on.evidence(
      runId,
      entry?.sequenceId ?? "",
      entry?.commandIndex ?? 0,
    );
    expect(sha256).toBe(entry?.sha256);
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("content-disposition")).toMatch(/^attachment; filename="[\w.-]+"$/);
    const bytes = `runs/${runId}/evidence/${entry?.sequenceId}/${entry?.commandIndex}`;
    for (const path of [`runs/${runId}/evidence`, bytes, "audit", `runs/${runId}/audit`]) {
      expect((await on.call("GET", path, undefined, { key: "wrong" })).status).toBe(401);
    }
    for (const from of ["0", "-1", "x", "1e3", "99999999999"]) {
      expect((await on.call("GET", `audit?from=${from}`)).status).toBe(400);
    }
    expect((await on.call("GET", "runs/00000000000000000000/evidence")).status).toBe(404);
  });

  it("goes on for others when a reader goes away in the middle", async () => {
    const { on, runId } = await finishedRun({ content: { randomBytes: LARGE_BYTES } });
    const large = (await on.manifest(runId)).entries.find(({ size }) => size >= LARGE_BYTES);
    const path = `runs/${runId}/evidence/${large?.sequenceId}/${large?.commandIndex}`;
    const begun = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${on.key}` };
      get(`${on.url}/api/${path}`, { headers }, (response) => {
        response.once("data", (piece: Buffer) => {
          response.destroy();
          resolve(piece.byteLength);
        });
      }).once("error", reject);
    });
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(LARGE_BYTES);
    const whole = await on.evidence(runId, large?.sequenceId ?? "", large?.commandIndex ?? 0);
    expect(whole).toMatchObject({ sha256: large?.sha256, bytes: { byteLength: large?.size } });
    // Each began to read, so each is in the log.
    const { records } = await auditAt(on, `runs/${runId}/audit`);
    expect(records.filter(isOfFile)).toHaveLength(2);
  });
});
