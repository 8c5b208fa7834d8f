import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/azurite.ts";
import { createRowBlobs } from "../../shared/azure/row-blobs.ts";
import type { RowStore } from "../../shared/ports.ts";
import { stackRows } from "../../shared/workflow/view/rows/stack-rows.ts";
import { z } from "zod";
import { median } from "../measured.ts";
import { atLeast, atMost, row, type Row } from "../table.ts";
import { AUTOSTARTS, ON_TWO, roundOf, storeRows, type Rows } from "./rows-of-machines.ts";

const MACHINES = 10_000;
const FEWER = 1_000;
const MORE = 100_000;
const ROUNDS = 3;
const LIMIT = 100;

/** To reach: half the speed of `sort | uniq -c`, in a memory that does not grow with the rows. */
const SPEED_MIN = 0.5;
const MEMORY_MIB_MAX = 512;

/** What a process that does nothing else says of one stack. */
const stackedSchema = z.object({
  distinct: z.number(),
  machines: z.array(z.number()),
  seconds: z.number(),
  /** The most memory (RSS) of the process, from its start on. */
  memoryMiB: z.number(),
});
type Stacked = z.infer<typeof stackedSchema>;

/**
 * The stack of two columns against `sort | uniq -c`. Both read the same lines: the rows have no
 * other columns in the store, and the file that `sort` reads has the lines of the store without the
 * first line of each machine.
 */
export async function measureRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: join(folder, "azurite"), durable: false });
  try {
    const access = {
      kind: "connectionString" as const,
      connectionString: azurite.connectionString(),
    };
    const store = createRowBlobs(access, "rows");
    const file = join(folder, "rows.ndjson");
    await fill(store, "fewer", FEWER, { rows: AUTOSTARTS, file: join(folder, "fewer.ndjson") });
    await fill(store, "all", MACHINES, { rows: AUTOSTARTS, file });
    await fill(store, "two", MACHINES, { rows: ON_TWO, file: join(folder, "two.ndjson") });
    const { connectionString } = access;
    const rows = [...measureSpeed(connectionString, file), ...measureMany(connectionString)];
    await fill(store, "more", MORE, { rows: AUTOSTARTS, file: join(folder, "more.ndjson") });
    return [...rows, ...measureMore(connectionString)];
  } finally {
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(
  store: RowStore,
  name: string,
  machines: number,
  { rows, file }: { readonly rows: Rows; readonly file: string },
): Promise<void> {
  const lines = createWriteStream(file);
  await storeRows(store, name, machines, { rows, line: (text) => void lines.write(`${text}\n`) });
  lines.end();
  await once(lines, "finish");
}

function measureSpeed(connectionString: string, file: string): Row[] {
  const fewer = stacked(connectionString, "fewer");
  const [ours, theirs]: [Stacked[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(secondsOfSort(file));
    ours.push(stacked(connectionString, "all"));
  }
  checkSame(ours[0], file);
  const seconds = median(ours.map((each) => each.seconds));
  const memory = Math.max(...ours.map(({ memoryMiB }) => memoryMiB));
  const setting = `${MACHINES} machines of 100 rows, two columns, Azurite`;
  const facts = { part: "sweeps", setting };
  const most = atMost(MEMORY_MIB_MAX);
  return [
    row({ ...facts, measure: "stack", value: seconds, unit: "s" }),
    row({ ...facts, measure: "sort and uniq -c", value: median(theirs), unit: "s" }),
    row({
      ...facts,
      measure: "speed of the stack / sort and uniq -c",
      value: median(theirs) / seconds,
      unit: "x",
      bound: atLeast(SPEED_MIN),
    }),
    row({
      ...facts,
      measure: "memory of the process that stacks",
      setting: `${FEWER} machines of 100 rows`,
      value: fewer.memoryMiB,
      unit: "MiB",
    }),
    row({
      ...facts,
      measure: "memory of the process that stacks",
      value: memory,
      unit: "MiB",
      bound: most,
    }),
  ];
}

/** More values than are kept at a time, and nothing that ends the count early. */
function measureMany(connectionString: string): Row[] {
  const many = stacked(connectionString, "two");
  const count = many.distinct;
  if (count !== (MACHINES / 2) * 100) throw new Error(`the stack counted ${count} values`);
  return boundRows(many, `${count} values, each on two machines`);
}

/** As many machines as a large tenant has. */
function measureMore(connectionString: string): Row[] {
  const setting = `${MORE} machines of 100 rows, two columns, Azurite`;
  return boundRows(stacked(connectionString, "more"), setting);
}

function boundRows({ seconds, memoryMiB }: Stacked, setting: string): Row[] {
  const facts = { part: "sweeps", setting };
  const memory = { ...facts, measure: "memory of the process that stacks", value: memoryMiB };
  return [
    row({ ...facts, measure: "stack", value: seconds, unit: "s" }),
    row({ ...memory, unit: "MiB", bound: atMost(MEMORY_MIB_MAX) }),
  ];
}

/** In a process of its own, so that its memory is that of the stack. */
function stacked(connectionString: string, name: string): Stacked {
  const words = ["--enable-source-maps", process.argv[1] ?? "", "stack", name];
  const env = { ...process.env, BENCH_STORAGE: connectionString };
  const said = execFileSync(process.execPath, words, { env, stdio: ["ignore", "pipe", "inherit"] });
  return stackedSchema.parse(JSON.parse(said.toString()));
}

/** What that process does: `bench.mjs stack NAME`. */
export async function stackOnce(name: string): Promise<void> {
  const connectionString = process.env["BENCH_STORAGE"] ?? "";
  const store = createRowBlobs({ kind: "connectionString", connectionString }, "rows");
  const startedAtMs = performance.now();
  const stack = await stackRows(store, roundOf(name), { by: ["path", "signer"], limit: LIMIT });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const memoryMiB = process.resourceUsage().maxRSS / 1_024;
  const machines = stack?.values.map((each) => each.machines);
  const distinct = stack?.distinct.count;
  process.stdout.write(JSON.stringify({ distinct, machines, seconds, memoryMiB }));
}

const SORT = 'LC_ALL=C sort "$0" | LC_ALL=C uniq -c';

function secondsOfSort(file: string): number {
  const startedAtMs = performance.now();
  execFileSync("sh", ["-c", `${SORT} > "$0.counted"`, file]);
  return (performance.now() - startedAtMs) / 1_000;
}

/** Throws if the two have counted different things. */
function checkSame(ours: Stacked | undefined, file: string): void {
  const lines = execFileSync("sh", ["-c", `${SORT} | sort -n | head -${LIMIT}`, file]);
  const counts = lines
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => Number.parseInt(line, 10));
  if (JSON.stringify(ours?.machines) !== JSON.stringify(counts))
    throw new Error("the counts differ");
}
