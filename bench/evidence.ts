import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ContainerClient } from "@azure/storage-blob";
import { startAzurite } from "../local/azurite.ts";
import type { EvidenceApi } from "../local/lrq/api.ts";
import { exportRun } from "../local/lrq/export-run.ts";
import { createEvidenceBlobs } from "../shared/azure/evidence-blobs.ts";
import { SHIPPED } from "./shipped-limits.ts";
import type { Limits } from "../shared/limits/limits.ts";
import type { EvidenceStore, Ports } from "../shared/ports.ts";
import { collect } from "../shared/workflow/collect.ts";
import { readRunAudit } from "../shared/workflow/read-audit.ts";
import { listEvidence, openEvidence, readManifest } from "../shared/workflow/read-evidence.ts";
import { type Owing, oweResults } from "./owing.ts";

/** One measured number, with the bound it must keep, if it has one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const MIB = 2 ** 20;
const BIG_BYTES = 1_024 * MIB;
const WARM_BYTES = 64 * MIB;
const SMALL_BYTES = 16 * 1_024;
const SMALL_SEQUENCES = 2_000;
const SMALL_EACH = 5;
const ROUNDS = 3;
/** The adapter's own: the copy that is compared with is the same copy. */
const BLOCK_BYTES = 4 * MIB;
const BLOCKS_UNDER_WAY = 2;

/** Copies of one big result, then many small ones and their verification. */
export async function benchEvidence(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: join(folder, "azurite"), durable: false });
  const { server, url } = await startServer();
  try {
    const connectionString = azurite.connectionString();
    const store = createEvidenceBlobs({ kind: "connectionString", connectionString }, "evidence");
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

async function benchBig(
  container: ContainerClient,
  store: EvidenceStore,
  url: string,
): Promise<Figure[]> {
  await container.createIfNotExists();
  await copyAlone(container, url, "bytes", WARM_BYTES);
  await copyByLrq(container, store, url, "bytes", WARM_BYTES);
  const figures: Figure[] = [];
  for (const kind of ["bytes", "gzip"]) {
    const alone: number[] = [];
    const ours: number[] = [];
    let growth = 0;
    const rounds = kind === "bytes" ? ROUNDS : 1;
    for (let round = 0; round < rounds; round += 1) {
      process.stderr.write(`round ${round + 1} of ${rounds}, ${kind}\n`);
      alone.push((await copyAlone(container, url, kind, BIG_BYTES)).seconds);
      const copied = await copyByLrq(container, store, url, kind, BIG_BYTES);
      ours.push(copied.seconds);
      growth = Math.max(growth, copied.growthBytes);
    }
    const name = kind === "bytes" ? "1 GiB" : "1 GiB in a gzip layer";
    const ratio = median(alone) / median(ours);
    figures.push(
      { what: `${name}: peak growth of memory`, value: growth / MIB, unit: "MiB", atMost: 128 },
      { what: `${name}: throughput`, value: BIG_BYTES / MIB / median(ours), unit: "MiB/s" },
      {
        what: `${name}: the same copy by the library alone`,
        value: BIG_BYTES / MIB / median(alone),
        unit: "MiB/s",
      },
      // Looking into the layer is work the plain copy does not do: no bound is claimed for it.
      {
        what: `${name}: ratio`,
        value: ratio,
        unit: "x",
        ...(kind === "bytes" ? { atLeast: 0.8 } : {}),
      },
    );
  }
  return figures;
}

async function copyAlone(container: ContainerClient, url: string, kind: string, bytes: number) {
  const blob = container.getBlockBlobClient("alone");
  const copied = await measured(async () => {
    const response = await fetch(`${url}/${kind}/${bytes}`);
    if (response.body === null) throw new Error("no body");
    await blob.uploadStream(Readable.fromWeb(response.body), BLOCK_BYTES, BLOCKS_UNDER_WAY);
  });
  await blob.delete();
  return copied;
}

async function copyByLrq(
  container: ContainerClient,
  store: EvidenceStore,
  url: string,
  kind: string,
  bytes: number,
) {
  const asked = { sequences: 1, resultsEach: 1, actionId: `${kind}-${bytes}` };
  const owing = await oweResults(store, url, asked);
  const copied = await measured(async () => await collectAll(owing));
  for await (const blob of container.listBlobsFlat()) await container.deleteBlob(blob.name);
  return copied;
}

async function collectAll({ ports, sequenceIds }: Owing): Promise<void> {
  const settings = { limits: GENEROUS, version: "bench", commit: "unknown" };
  for (const sequenceId of sequenceIds) {
    const { kind } = await collect(ports, settings, sequenceId);
    if (kind !== "done") throw new Error(`collecting ended with ${kind}`);
  }
}

async function measured(act: () => Promise<void>) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const look = () => (peak = Math.max(peak, process.memoryUsage().rss));
  const timer = setInterval(look, 20);
  const startedAtMs = performance.now();
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  look();
  return { seconds: (performance.now() - startedAtMs) / 1_000, growthBytes: peak - before };
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
    list: async (runId) => (await listEvidence(ports, runId)) ?? [],
    open: async (_, { sequenceId, index }) => {
      const opened = await openEvidence(ports, { sequenceId, index, by: "bench" });
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
        records.push(...(page?.records ?? []));
        from = page?.next ?? null;
      }
      return records;
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** So that no limit of the tenant is what is measured. */
const GENEROUS: Limits = { ...SHIPPED, readsPerMinute: 1_000_000, readsPerHour: 10_000_000 };
