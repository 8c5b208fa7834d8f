import { noPoison } from "../../local/memory/no-poison.ts";
import { createMemoryBells } from "../../local/memory/bells.ts";
import { createMemoryClock } from "../../local/memory/clock.ts";
import { createMemoryEvidence, type MemoryEvidence } from "../../local/memory/evidence.ts";
import { createMemoryLedger, type MemoryLedger } from "../../local/memory/ledger.ts";
import { createMemoryRows } from "../../local/memory/rows.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { runKey } from "../../shared/ledger/row/keys.ts";
import { insertion } from "../../shared/ledger/sequence/rows.ts";
import { sequenceSchema, type SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Catalogue } from "../../shared/plan/profile/catalogue.ts";
import type { Defender, Download, Ports, Reply, RowStore } from "../../shared/ports.ts";
import { collect, type Collected } from "../../shared/workflow/collect/collect.ts";
import { readManifest } from "../../shared/workflow/view/read-evidence.ts";
import { aRun } from "../ledger/a-run.ts";
import { anOwing, RUN_ID, SEQUENCE_ID, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { noDefender } from "./no-defender.ts";

/** One result as Defender serves it. */
export interface Served {
  readonly type: "RunScript" | "GetFile";
  readonly fileName: string | null;
  readonly chunks: readonly Uint8Array[];
}

/** Which profiles there are, and what else is true of the sequence. */
interface Asked {
  readonly catalogue?: Catalogue;
  readonly fields?: Partial<SequenceRecord>;
}

/** A finished sequence whose results are owed, and everything it takes to collect them. */
export interface Collecting {
  readonly ledger: MemoryLedger;
  readonly evidence: MemoryEvidence;
  readonly rows: RowStore;
  readonly bells: ReturnType<typeof createMemoryBells>;
  readonly log: readonly string[];
  /** What was asked of Defender. */
  readonly asked: { links: number; downloads: number; pieces: number };
  /** The ports of a new host; `change` puts faults between it and the world. */
  ports(change?: (ports: Ports) => Ports): Ports;
  collect(ports?: Ports): Promise<Collected>;
  record(): Promise<SequenceRecord>;
  /** Lets the command have failed. */
  fail(index: number): Promise<void>;
  manifest(): Promise<NonNullable<Awaited<ReturnType<typeof readManifest>>>>;
  advance(ms: number): Promise<void>;
}

const SETTINGS = {
  limits: someLimits(),
  version: "0.1.0",
  commit: "c0ffee",
};

/**
 * What was collected lies before the collector in the order of `served`, in one part; `approvedBy`
 * names who approved it, if somebody had to.
 */
export async function openCollecting(
  served: readonly Served[],
  approvedBy: readonly string[] = [],
  { catalogue = new Map(), fields = {} }: Asked = {},
): Promise<Collecting> {
  const ledger = createMemoryLedger();
  const evidence = createMemoryEvidence();
  const rows = createMemoryRows();
  const clock = createMemoryClock({ startMs: START_MS + 60_000 });
  const bells = createMemoryBells({ nowMs: () => clock.nowMs() });
  const log: string[] = [];
  const asked = { links: 0, downloads: 0, pieces: 0 };
  const random = createSeededRandom(7);
  const approvals = { needed: approvedBy.length, by: [...approvedBy] };
  const record = anOwing(served.map(commandOf), { approvals, ...fields });
  const run = aRun({ accepted: 1, open: 1 });
  await ledger.commit([{ op: "insert", key: runKey(RUN_ID), body: run }, ...insertion(record)]);
  const ports = (change = (same: Ports) => same): Ports =>
    change({
      ledger,
      evidence,
      rows,
      clock,
      bells,
      poison: noPoison,
      random,
      callbacks: {
        send: async () => {
          throw new Error("collecting calls nobody back");
        },
      },
      defender: defenderServing(served, asked),
      log: (level, event, fields) => log.push(JSON.stringify({ level, event, ...fields })),
    });
  return {
    ledger,
    evidence,
    rows,
    bells,
    log,
    asked,
    ports,
    collect: async (from = ports()) => await collect(from, { ...SETTINGS, catalogue }, SEQUENCE_ID),
    record: async () => {
      const row = await ledger.read(`sequence!${SEQUENCE_ID}`);
      return sequenceSchema.parse(row?.body);
    },
    fail: async (index) => {
      const row = await ledger.read(`sequence!${SEQUENCE_ID}`);
      const current = sequenceSchema.parse(row?.body);
      const progress = current.progress.map((each) =>
        each.index === index ? { ...each, status: "Failed" } : each,
      );
      const body = { ...current, state: "failed", progress };
      const etag = row?.etag ?? "";
      await ledger.commit([{ op: "replace", key: `sequence!${SEQUENCE_ID}`, body, etag }]);
    },
    manifest: async () => {
      const manifest = await readManifest({ ledger }, RUN_ID);
      if (manifest === null) throw new Error("there is no run");
      return manifest;
    },
    advance: async (ms) => await clock.advanceTo(clock.nowMs() + ms),
  };
}

function commandOf({ type }: Served, index: number) {
  return type === "RunScript"
    ? { type, scriptName: `s${index}.ps1`, args: null }
    : { type, path: `C:\\f${index}` };
}

/** Serves results, and nothing else: collecting starts nothing and cancels nothing. */
function defenderServing(
  served: readonly Served[],
  asked: { links: number; downloads: number; pieces: number },
): Defender {
  return {
    ...noDefender(),
    resultLink: async (_, index) => {
      asked.links += 1;
      const value = `https://results.example/${index}`;
      return { kind: "answered", value, dateMs: START_MS + 61_000 };
    },
    download: async (link): Promise<Reply<Download>> => {
      asked.downloads += 1;
      const result = served[Number(link.split("/").at(-1))];
      if (result === undefined) return { kind: "absent", detail: "no such result" };
      const content = flowing(result.chunks, asked);
      return { kind: "answered", value: { fileName: result.fileName, length: null, content } };
    },
  };
}

async function* flowing(
  chunks: readonly Uint8Array[],
  asked: { pieces: number },
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    asked.pieces += 1;
    yield chunk;
  }
}
