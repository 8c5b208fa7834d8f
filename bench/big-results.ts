import { get, type IncomingMessage } from "node:http";
import type { ContainerClient } from "@azure/storage-blob";
import { BLOCK_BYTES, BLOCKS_UNDER_WAY } from "../shared/azure/stage-blocks.ts";
import type { EvidenceStore } from "../shared/ports.ts";
import { type Figure, measured, median, memoryAtRest } from "./measured.ts";
import { collectAll, oweResults } from "./owing.ts";

const MIB = 2 ** 20;
const BIG_BYTES = 1_024 * MIB;
const WARM_BYTES = 64 * MIB;
/** The store is an emulator on the same cores, whose pace changes from minute to minute. */
const ROUNDS = 5;

/** A result as the byte server at `url` serves it: so many bytes, plain or with gzip around them. */
interface Served {
  readonly url: string;
  readonly kind: "bytes" | "gzip";
  readonly bytes: number;
}

/**
 * Copies of one big result from the byte server at `url` to the container, by lrq and by the
 * storage library alone; then the same with gzip around it.
 */
export async function benchBig(
  container: ContainerClient,
  store: EvidenceStore,
  url: string,
): Promise<Figure[]> {
  await container.createIfNotExists();
  const warm: Served = { url, kind: "bytes", bytes: WARM_BYTES };
  await copyAlone(container, warm);
  await copyByLrq(container, store, warm);
  // One rest for all rounds: what a round leaves behind is not the next one's to use for nothing.
  const restBytes = memoryAtRest();
  const figures: Figure[] = [];
  for (const kind of ["bytes", "gzip"] as const) {
    const ratios: number[] = [];
    const alone: number[] = [];
    const ours: number[] = [];
    let growthBytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}, ${kind}\n`);
      const big: Served = { url, kind, bytes: BIG_BYTES };
      const both = await copyByBoth(container, store, big, round % 2 === 1);
      alone.push(both.alone.seconds);
      ours.push(both.ours.seconds);
      ratios.push(both.alone.seconds / both.ours.seconds);
      growthBytes = Math.max(growthBytes, both.ours.peakBytes - restBytes);
    }
    figures.push(...figuresOf(kind, { alone, ours, ratios, growthBytes }));
  }
  return figures;
}

/** One after the other, in turns the one or the other first: what changes meanwhile hits both. */
async function copyByBoth(
  container: ContainerClient,
  store: EvidenceStore,
  served: Served,
  lrqFirst: boolean,
) {
  if (lrqFirst) {
    const ours = await copyByLrq(container, store, served);
    return { ours, alone: await copyAlone(container, served) };
  }
  const alone = await copyAlone(container, served);
  return { alone, ours: await copyByLrq(container, store, served) };
}

interface Copies {
  /** Seconds of each round, and how many times as fast as the plain copy ours was in it. */
  readonly alone: readonly number[];
  readonly ours: readonly number[];
  readonly ratios: readonly number[];
  /** The most in any round, above the rest before all rounds. */
  readonly growthBytes: number;
}

function figuresOf(kind: "bytes" | "gzip", { alone, ours, ratios, growthBytes }: Copies): Figure[] {
  const name = kind === "bytes" ? "1 GiB" : "1 GiB in a gzip layer";
  const mibs = BIG_BYTES / MIB;
  const ratio = { what: `${name}: ratio`, value: median(ratios), unit: "x" };
  return [
    { what: `${name}: peak growth of memory`, value: growthBytes / MIB, unit: "MiB", atMost: 128 },
    { what: `${name}: throughput`, value: mibs / median(ours), unit: "MiB/s" },
    {
      what: `${name}: the same copy by the library alone`,
      value: mibs / median(alone),
      unit: "MiB/s",
    },
    // Looking into the layer is work the plain copy does not do: no bound is claimed for it.
    kind === "bytes" ? { ...ratio, atLeast: 0.8 } : ratio,
  ];
}

/** The bytes from the socket into the library's own upload, in as many blocks of the same size. */
async function copyAlone(container: ContainerClient, { url, kind, bytes }: Served) {
  const blob = container.getBlockBlobClient("alone");
  const copied = await measured(async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/${kind}/${bytes}`, resolve).once("error", reject);
    });
    await blob.uploadStream(response, BLOCK_BYTES, BLOCKS_UNDER_WAY);
  });
  await blob.delete();
  return copied;
}

async function copyByLrq(
  container: ContainerClient,
  store: EvidenceStore,
  { url, kind, bytes }: Served,
) {
  const asked = { sequences: 1, resultsEach: 1, actionId: `${kind}-${bytes}` };
  const owing = await oweResults(store, url, asked);
  const copied = await measured(async () => await collectAll(owing));
  for await (const blob of container.listBlobsFlat()) await container.deleteBlob(blob.name);
  return copied;
}
