import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/azurite.ts";
import { createRowBlobs } from "../../shared/azure/row-blobs.ts";
import type { RowStore } from "../../shared/ports.ts";
import type { z } from "zod";
import { median } from "../measured.ts";
import { atLeast, atMost, row, type Row } from "../table.ts";
import { costRows, measureMore, MEMORY_MIB_MAX } from "./measure-more.ts";
import { askApart, LIMIT, stackedSchema, type Asked } from "./ask-apart.ts";
import { AUTOSTARTS, ON_TWO, storeRows } from "./rows-of-machines.ts";

const MACHINES = 10_000;
const FEWER = 1_000;
const ROUNDS = 3;

/** To reach: half the speed of `sort | uniq -c`. */
const SPEED_MIN = 0.5;

type Stacked = Asked<z.infer<typeof stackedSchema>>;

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
    await storeRows(store, "fewer", FEWER, { rows: AUTOSTARTS });
    await fill(store, "all", file);
    await storeRows(store, "two", MACHINES, { rows: ON_TWO });
    const { connectionString } = access;
    const rows = [...measureSpeed(connectionString, file), ...measureMany(connectionString)];
    return [...rows, ...(await measureMore(store, connectionString))];
  } finally {
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `sort` reads is in the file. */
async function fill(store: RowStore, name: string, file: string): Promise<void> {
  const lines = createWriteStream(file);
  const line = (text: string) => void lines.write(`${text}\n`);
  await storeRows(store, name, MACHINES, { rows: AUTOSTARTS, line });
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
  return costRows(
    { measure: "stack", does: "stacks" },
    many,
    `${count} values, each on two machines`,
  );
}

function stacked(connectionString: string, name: string): Stacked {
  return askApart(connectionString, ["stack", name], stackedSchema);
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
