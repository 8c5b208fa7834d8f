import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCommand } from "../../local/lrq/command-line.ts";
import { verifyFolder } from "../../local/lrq/verify-folder.ts";
import { auditRecordSchema, verifyAudit } from "../../shared/evidence/audit.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage | null = null;
let folder = "";
afterEach(async () => {
  await stage?.close();
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

const pageSchema = z.strictObject({
  v: z.literal(1),
  chain: z.string(),
  head: z.strictObject({ count: z.number(), head: z.string() }),
  records: z.array(auditRecordSchema),
  next: z.number().nullable(),
});

async function finishedRun(): Promise<{ on: Stage; runId: string }> {
  stage = await openStage({ machines: machines(2) });
  const { runId } = await stage.accept("generic", incident("evidence", [1, 2]));
  await stage.untilFinished(runId);
  return { on: stage, runId };
}

async function auditAt(on: Stage, path: string) {
  const answered = await on.call("GET", path);
  expect(answered.status).toBe(200);
  return pageSchema.parse(answered.body);
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
    expect(await verifyFolder(target)).toMatchObject({ results: 4, findings: [] });

    const { records, head } = await auditAt(on, `runs/${runId}/audit`);
    expect(verifyAudit(records, { number: head.count, hash: head.head }).kind).toBe("ok");
    const events = records.map(({ event }) => event);
    expect(events[0]).toBe("accepted");
    expect(events.filter((event) => event === "evidenceRead")).toHaveLength(8);
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
    const sequencesOf = (event: string) =>
      about(event).flatMap(({ sequences }) => sequences.map(({ sequenceId }) => sequenceId));
    for (const event of ["claimed", "submitted", "ended"]) {
      const ids = sequencesOf(event);
      expect({ event, ids: new Set(ids).size, all: ids.length }).toEqual({ event, ids: 2, all: 2 });
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
    for (const path of [`runs/${runId}/evidence`, "audit", `runs/${runId}/audit`]) {
      expect((await on.call("GET", path, undefined, { key: "wrong" })).status).toBe(401);
    }
    for (const from of ["0", "-1", "x", "1e3", "99999999999"]) {
      expect((await on.call("GET", `audit?from=${from}`)).status).toBe(400);
    }
    expect((await on.call("GET", "runs/00000000000000000000/evidence")).status).toBe(404);
  });

  it("survives a reader who goes away in the middle", async () => {
    const { on, runId } = await finishedRun();
    const [entry] = (await on.manifest(runId)).entries;
    const path = `runs/${runId}/evidence/${entry?.sequenceId}/${entry?.commandIndex}`;
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${on.key}` };
      get(`${on.url}/api/${path}`, { headers }, (response) => {
        response.destroy();
        resolve();
      }).once("error", reject);
    });
    expect((await on.call("GET", "health")).status).toBe(200);
  });
});
