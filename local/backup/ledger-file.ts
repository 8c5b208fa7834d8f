import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import type { TableClient } from "@azure/data-tables";
import { z } from "zod";
import { parsed } from "../lrq/parsed-json.ts";

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
const lineSchema = z.union([rowSchema, z.strictObject({ rows: z.int().nonnegative() })]);

/** The Table service takes 100 rows and 4 MiB in a transaction; on the wire it is longer. */
const ROWS_MAX = 100;
const CHARACTERS_MAX = 1_500_000;

/** The file holds all that lrq knows, so only its owner may read it. */
const OWNER_ONLY = 0o600;

/** Writes all rows into a new file, and returns how many. Throws if the file is there already. */
export async function writeLedger(table: TableClient, path: string): Promise<number> {
  const file = await open(path, "wx", OWNER_ONLY);
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

function rowOf(entity: Record<string, unknown>): LedgerRow {
  return rowSchema.parse(shapeOf(entity));
}

function shapeOf({ etag: _etag, timestamp: _timestamp, ...entity }: Record<string, unknown>) {
  const { partitionKey, rowKey, ...columns } = entity;
  return { partitionKey, rowKey, columns };
}

/**
 * Writes the rows of a whole file into a table, and returns how many the file has. The table may
 * have the first rows of the file from a restore that was stopped: only the others are written.
 * Throws before the first write if the file is cut off or has another line, or if the table has any
 * other row.
 */
export async function readLedger(table: TableClient, path: string): Promise<number> {
  for await (const _row of rowsIn(path)); // Only to see that it is whole.
  await table.createTable();
  const rows = rowsIn(path);
  let inTable = await passRowsOf(table, rows);
  for await (const batch of batchesOf(rows)) {
    await table.submitTransaction(
      batch.map(({ partitionKey, rowKey, columns }) => [
        "create",
        { partitionKey, rowKey, ...columns },
      ]),
    );
    inTable += batch.length;
  }
  return inTable;
}

/** Steps over the rows that the table has already; they are the first ones, in the same order. */
async function passRowsOf(table: TableClient, rows: AsyncGenerator<LedgerRow>): Promise<number> {
  let passed = 0;
  for await (const entity of table.listEntities()) {
    const { value } = await rows.next();
    if (!isDeepStrictEqual(shapeOf(entity), value)) {
      throw new Error(
        `the table has a row that does not come from this file: ${entity.rowKey}. ` +
          "Stop the app, delete the table, and restore again",
      );
    }
    passed += 1;
  }
  return passed;
}

/** The rows of the file. Throws where a line is no row, or if rows or the end are missing. */
async function* rowsIn(path: string): AsyncGenerator<LedgerRow> {
  let rows = 0;
  let end: number | null = null;
  for await (const line of linesIn(path)) {
    if (end !== null) throw new Error(`${path} has lines behind its end`);
    if ("rows" in line) {
      end = line.rows;
      continue;
    }
    rows += 1;
    yield line;
  }
  if (end !== rows) throw new Error(`${path} is cut off: it has ${rows} rows of ${end ?? "more"}`);
}

async function* linesIn(path: string): AsyncGenerator<z.infer<typeof lineSchema>> {
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  let number = 0;
  let broken = 0;
  for await (const text of lines) {
    if (broken > 0) throw new Error(`line ${broken} of ${path} is no row of a ledger`);
    number += 1;
    const line = parsed(text, lineSchema);
    if (line === null) broken = number;
    else yield line;
  }
  if (broken === 0) return;
  const cut = "the file ends in the middle of a row: the backup was cut";
  throw new Error(`line ${broken} of ${path}: ${cut}`);
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
