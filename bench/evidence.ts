import { wholeFor } from "../test/access/reaching.ts";
import { randomUUID } from "node:crypto";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainerClient } from "@azure/storage-blob";
import { z } from "zod";
import { startAzurite } from "../local/azurite.ts";
import type { EvidenceApi } from "../local/lrq/api.ts";
import { exportRun } from "../local/lrq/export-run.ts";
import { auditRecordSchema } from "../shared/evidence/audit.ts";
import { createEvidenceBlobs } from "../shared/azure/evidence-blobs.ts";
import type { EvidenceStore, Ports } from "../shared/ports.ts";
import { readRunAudit } from "../shared/workflow/view/read-audit.ts";
import { readDecisions } from "../shared/workflow/view/read-decisions.ts";
import { listEvidence, openEvidence, readManifest } from "../shared/workflow/view/read-evidence.ts";
import { readSeals } from "../shared/workflow/view/read-seals.ts";
import { benchBig } from "./big-results.ts";
import { type Figure, measured, median } from "./measured.ts";
import { collectAll, oweResults } from "./owing.ts";

const SMALL_BYTES = 16 * 1_024;
const SMALL_SEQUENCES = 2_000;
const SMALL_EACH = 5;
const ROUNDS = 3;

/** Copies of one big result, then many small ones and their verification. */
export async function benchEvidence(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: join(folder, "azurite"), durable: false });
  const { server, url } = await startServer();
  try {
    const connectionString = azurite.connectionString();
    const store = createEvidenceBlobs(
      { kind: "connectionString", connectionString },
      "evidence",
      randomUUID,
    );
    const container = new ContainerClient(connectionString, "evidence");
    const big = await benchBig(container, store, url);
    const small = await benchSmall(store, url, join(folder, "run"));
    return [...big, ...small];
  } finally {
    server.stdin?.end();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const script = process.argv[1] ?? "";
  const server = spawn(process.execPath, [script, "serve"], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of server.stdout) return { server, url: String(line).trim() };
  throw new Error("the server of bytes did not start");
}

async function benchSmall(store: EvidenceStore, url: string, folder: string): Promise<Figure[]> {
  const asked = {
    sequences: SMALL_SEQUENCES,
    resultsEach: SMALL_EACH,
    actionId: `bytes-${SMALL_BYTES}`,
  };
  const owing = await oweResults(store, url, asked);
  const { seconds } = await measured(async () => await collectAll(owing));
  const { ledger, evidence, defender } = owing.requests;
  const count = SMALL_SEQUENCES * SMALL_EACH;
  await exportRun(apiOf(owing.ports), owing.runId, folder);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(timeOf("sha256sum", ["-c", "--quiet", "SHA256SUMS"], folder));
    ours.push(
      timeOf(process.execPath, [join(import.meta.dirname, "lrq.mjs"), "verify", "."], folder),
    );
  }
  const of = `${count} results of 16 KiB`;
  return [
    { what: `${of}: requests to the ledger, each`, value: ledger / count, unit: "requests" },
    { what: `${of}: requests to the evidence, each`, value: evidence / count, unit: "requests" },
    { what: `${of}: requests to Defender, each`, value: defender / count, unit: "requests" },
    { what: `${of}: collected`, value: count / seconds, unit: "results/s" },
    { what: `${of}: lrq verify`, value: median(ours), unit: "s" },
    { what: `${of}: sha256sum -c`, value: median(theirs), unit: "s" },
    { what: `${of}: ratio`, value: median(ours) / median(theirs), unit: "x", atMost: 3 },
  ];
}

function timeOf(program: string, words: readonly string[], cwd: string): number {
  const startedAtMs = performance.now();
  const { status, stderr } = spawnSync(program, words, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return (performance.now() - startedAtMs) / 1_000;
}

function apiOf(ports: Ports): EvidenceApi {
  return {
    manifest: async (runId) => {
      const manifest = await readManifest(ports, runId);
      if (manifest === null) throw new Error("no such run");
      return { ...manifest, entries: [...manifest.entries] };
    },
    list: async (runId) => (await listEvidence(ports, runId, wholeFor("examiner"))) ?? [],
    seals: async (runId) => {
      const read = await readSeals(ports, runId);
      if (read === null) throw new Error("no such run");
      return { ...read, seals: [...read.seals] };
    },
    decisions: async (runId) => (await readDecisions(ports, runId, 1))?.decisions ?? [],
    open: async (_, { sequenceId, index }) => {
      const opened = await openEvidence(ports, { sequenceId, index }, wholeFor("bench"));
      if (opened === null) throw new Error("not there");
      return opened.content;
    },
    audit: async (runId) => {
      if (runId === null) throw new Error("an export asks for the log of its run only");
      const records = [];
      for (let from: number | null = 1; from !== null;) {
        const page: Awaited<ReturnType<typeof readRunAudit>> = await readRunAudit(
          ports,
          runId,
          from,
        );
        records.push(...z.array(auditRecordSchema).parse(page?.records ?? []));
        from = page?.next ?? null;
      }
      return records;
    },
  };
}
