import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { TableClient } from "@azure/data-tables";
import { z } from "zod";

/*
 * The ledger as lines of JSON: a row each, and how many there are at the end, so that a file that
 * was cut off is seen.
 */

const rowSchema = z.strictObject({
  partitionKey: z.string(),
  rowKey: z.string(),
  columns: z.record(z.string(), z.string()),
});
type LedgerRow = z.infer<typeof rowSchema>;
const endSchema = z.strictObject({ rows: z.int().nonnegative() });

/** The Table service takes 100 rows and 4 MiB in a transaction; on the wire it is longer. */
const ROWS_MAX = 100;
const CHARACTERS_MAX = 1_500_000;

/** Writes all rows into a new file, and returns how many. Throws if the file is there already. */
export async function writeLedger(table: TableClient, path: string): Promise<number> {
  const file = await open(path, "wx");
  try {
    let rows = 0;
    for await (const entity of table.listEntities()) {
      await file.write(`${JSON.stringify(rowOf(entity))}\n`);
      rows += 1;
    }
    await file.write(`${JSON.stringify({ rows })}\n`);
    return rows;
  } finally {
    await file.close();
  }
}

function rowOf({ etag: _etag, timestamp: _timestamp, ...entity }: Record<string, unknown>) {
  const { partitionKey, rowKey, ...columns } = entity;
  return rowSchema.parse({ partitionKey, rowKey, columns });
}

/**
 * Writes the rows of a whole file into a table without rows, and returns how many. Throws before
 * the first write if the file is cut off or has another line, or if the table has a row.
 */
export async function readLedger(table: TableClient, path: string): Promise<number> {
  for await (const _row of rowsIn(path)); // Only to see that it is whole.
  await table.createTable();
  for await (const { rowKey } of table.listEntities()) {
    throw new Error(`the table has rows already, such as ${rowKey}; restore into an empty one`);
  }
  let rows = 0;
  for await (const batch of batchesOf(rowsIn(path))) {
    await table.submitTransaction(
      batch.map(({ partitionKey, rowKey, columns }) => [
        "create",
        { partitionKey, rowKey, ...columns },
      ]),
    );
    rows += batch.length;
  }
  return rows;
}

/** The rows of the file. Throws at its end if there are not as many as it says. */
async function* rowsIn(path: string): AsyncGenerator<LedgerRow> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  let rows = 0;
  let end: number | null = null;
  for await (const line of lines) {
    if (end !== null) throw new Error(`${path} has lines behind its end`);
    const json: unknown = JSON.parse(line);
    const last = endSchema.safeParse(json);
    if (last.success) {
      end = last.data.rows;
      continue;
    }
    rows += 1;
    yield rowSchema.parse(json);
  }
  if (end !== rows) throw new Error(`${path} is cut off: it has ${rows} rows of ${end ?? "more"}`);
}

/** As many rows together as one transaction takes, all of one partition. */
async function* batchesOf(rows: AsyncIterable<LedgerRow>): AsyncGenerator<LedgerRow[]> {
  let batch: LedgerRow[] = [];
  let characters = 0;
  for await (const row of rows) {
    const size = JSON.stringify(row).length;
    const isFull = batch.length === ROWS_MAX || characters + size > CHARACTERS_MAX;
    const [first] = batch;
    if (first !== undefined && (isFull || first.partitionKey !== row.partitionKey)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(row);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}
