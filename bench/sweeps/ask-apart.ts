import { execFileSync } from "node:child_process";
import { z } from "zod";
import { createRowBlobs } from "../../shared/azure/row-blobs.ts";
import type { RowStore } from "../../shared/ports.ts";
import { streamChanges } from "../../shared/workflow/view/rows/compare-rounds.ts";
import { stackRows } from "../../shared/workflow/view/rows/stack-rows.ts";
import { streamRows } from "../../shared/workflow/view/rows/stream-rows.ts";
import { roundOf } from "./rows-of-machines.ts";

/** Values that a stack shows. */
export const LIMIT = 100;

export const stackedSchema = z.object({
  distinct: z.number(),
  machines: z.array(z.number()),
});

export const streamedSchema = z.object({
  lines: z.number(),
  bytes: z.number(),
  /** The last line. */
  last: z.string(),
});

/** What a process that does nothing else says of one question about a round. */
export type Asked<Found> = Found & {
  readonly seconds: number;
  /** The most memory (RSS) of the process, from its start on. */
  readonly memoryMiB: number;
};

const costSchema = z.object({ seconds: z.number(), memoryMiB: z.number() });

/** Each question by its name; its words are names of rounds. */
const QUESTIONS: Readonly<
  Record<Question, (store: RowStore, words: readonly string[]) => Promise<object>>
> = {
  stack: async (store, [name = ""]) => {
    const stack = await stackRows(store, roundOf(name), { by: ["path", "signer"], limit: LIMIT });
    const machines = stack?.values.map((each) => each.machines);
    return { distinct: stack?.distinct.count, machines };
  },
  ndjson: async (store, [name = ""]) => await streamed(streamRows(store, roundOf(name), "ndjson")),
  csv: async (store, [name = ""]) => await streamed(streamRows(store, roundOf(name), "csv")),
  changes: async (store, [name = "", against = ""]) =>
    await streamed(streamChanges(store, roundOf(name), roundOf(against))),
};
type Question = "stack" | "ndjson" | "csv" | "changes";

/** Asks in a process of its own, so that its memory is that of the question. */
export function askApart<Found extends object>(
  connectionString: string,
  [question, ...words]: readonly [Question, ...string[]],
  found: z.ZodType<Found>,
): Asked<Found> {
  const program = ["--enable-source-maps", process.argv[1] ?? "", "ask", question, ...words];
  const env = { ...process.env, BENCH_STORAGE: connectionString };
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const said = execFileSync(process.execPath, program, { env, stdio: [...stdio] });
  const json: unknown = JSON.parse(said.toString());
  return { ...found.parse(json), ...costSchema.parse(json) };
}

/** What that process does: `bench.mjs ask QUESTION ROUND...`. */
export async function askOnce([question = "", ...words]: readonly string[]): Promise<void> {
  const connectionString = process.env["BENCH_STORAGE"] ?? "";
  const store = createRowBlobs({ kind: "connectionString", connectionString }, "rows");
  const ask = Object.entries(QUESTIONS).find(([name]) => name === question)?.[1];
  if (ask === undefined) throw new Error(`nobody can ask ${question}`);
  const startedAtMs = performance.now();
  const found = await ask(store, words);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const memoryMiB = process.resourceUsage().maxRSS / 1_024;
  process.stdout.write(JSON.stringify({ ...found, seconds, memoryMiB }));
}

/** Reads a stream to its end as fast as it comes, and keeps nothing of it. */
async function streamed(
  stream: AsyncIterable<Uint8Array>,
): Promise<z.infer<typeof streamedSchema>> {
  let [lines, bytes] = [0, 0];
  let last = "";
  for await (const piece of stream) {
    bytes += piece.byteLength;
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      lines += 1;
      if (end === piece.byteLength - 1) last = Buffer.from(piece.subarray(from, end)).toString();
      from = end + 1;
    }
  }
  return { lines, bytes, last };
}

const LINE_FEED = 0x0a;
