import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readLedger, writeLedger } from "../../local/backup/ledger-file.ts";
import { takeAccount } from "../azurite-account.ts";

const ROWS = Array.from({ length: 250 }, (_, at) => rowOf(`r${1_000 + at}`, `{"n":${at}}`));

let folder = "";
let table: TableClient;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lrq-ledger-file-"));
  const options = { allowInsecureConnection: true };
  table = TableClient.fromConnectionString(takeAccount(), "ledger", options);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function rowOf(rowKey: string, body0: string) {
  return { partitionKey: "p", rowKey, columns: { body0 } };
}

function written(...lines: readonly (object | string)[]): string {
  const path = join(folder, "written.ndjson");
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, texts.join("\n"));
  return path;
}

const whole = (rows: readonly object[]) => written(...rows, { rows: rows.length }, "");

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { rowKey = "" } of table.listEntities()) found.push(rowKey);
  return found;
}

describe("a backup", () => {
  it("is read by its owner only, and never written over a file", async () => {
    await readLedger(table, whole(ROWS.slice(0, 3)));
    const path = join(folder, "backup.ndjson");
    expect(await writeLedger(table, path)).toBe(3);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expect(writeLedger(table, path)).rejects.toThrow("EEXIST");
  });
});

describe("a restore", () => {
  const first = rowOf("a", "{}");
  it.each([
    ["between two lines", [first, ""], "is cut off: it has 1 rows of more"],
    ["of fewer rows than it says", [first, { rows: 2 }], "is cut off: it has 1 rows of 2"],
    ["within a row", [first, `{"partitionKey":"p","row`], /line 2 of .*: .* the middle of a row/],
    ["within its last line", [first, `{"rows":`], /line 2 of .*: .* the backup was cut/],
    ["of something else", ["{", `"rows": 1`, "}"], /line 1 of .* is no row of a ledger/],
    ["with a line behind its end", [{ rows: 0 }, first], "has lines behind its end"],
  ])("writes nothing from a file %s", async (_, lines, complaint) => {
    await expect(readLedger(table, written(...lines))).rejects.toThrow(complaint);
    await table.createTable();
    expect(await keys()).toEqual([]);
  });

  it("that was stopped is begun again, and writes the rows that are missing", async () => {
    await readLedger(table, whole(ROWS.slice(0, 100)));
    expect(await readLedger(table, whole(ROWS))).toBe(250);
    expect(await keys()).toEqual(ROWS.map(({ rowKey }) => rowKey));
    expect(await readLedger(table, whole(ROWS))).toBe(250);
  });

  it.each([
    ["another row", rowOf("q", "{}")],
    ["another value in a row", rowOf("r1000", "{}")],
    ["a row that is not the next", rowOf("r1007", `{"n":7}`)],
    ["a row behind the last", rowOf("s", "{}")],
  ])("writes nothing into a table with %s, and says what to do", async (_, row) => {
    await readLedger(table, whole([row]));
    await expect(readLedger(table, whole(ROWS))).rejects.toThrow(
      `a row that does not come from this file: ${row.rowKey}. Stop the app, delete the table`,
    );
    expect(await keys()).toEqual([row.rowKey]);
  });
});
