import { rowsIn } from "../../../evidence/rows/row-block.ts";
import { csvHeader, csvRow, rowObjectOf } from "../../../evidence/rows/row-lines.ts";
import { isoOf } from "../../../ledger/row/instant.ts";
import type { RowStore } from "../../../ports.ts";
import { columnsOfRound } from "./columns-of-round.ts";
import { blocksOfRound, rowsOfRound, type RoundOfRows } from "./read-round.ts";

/** How rows leave lrq. */
export type RowsFormat = "ndjson" | "csv";

/**
 * The rows of a round, each with its machine and its time: an object in each line, or a CSV with
 * the columns of all profiles. It keeps what `rowsOfRound` keeps.
 */
export async function* streamRows(
  store: RowStore,
  round: RoundOfRows,
  format: RowsFormat,
): AsyncGenerator<Uint8Array> {
  const columns = columnsOfRound(round.rows);
  if (format === "csv") yield Buffer.from(csvHeader(columns.all));
  for await (const { header, body } of rowsOfRound(store, round)) {
    const names = columns.of(header.hash);
    const lines = rowsIn(body).map((row) =>
      format === "csv"
        ? csvRow(header, columns.all, names, row)
        : `${JSON.stringify(rowObjectOf(header, names, row))}\n`,
    );
    if (lines.length > 0) yield Buffer.from(lines.join(""));
  }
}

/**
 * The machines of a round of which not every row could be read, an object in each line: how many
 * rows it has, how many are wrong, the first ones with the reason, where lrq stopped, and why the
 * result, or the rest of it, is no rows.
 */
export async function* streamTroubles(
  store: RowStore,
  round: RoundOfRows,
): AsyncGenerator<Uint8Array> {
  for await (const { header } of blocksOfRound(store, round)) {
    const { machineId, machineName, collectedAtMs, count, wrongCount, wrong, cut, trouble } =
      header;
    if (wrongCount === 0 && cut === null && trouble === null) continue;
    const whose = { machineId, machineName, collectedAt: isoOf(collectedAtMs) };
    yield Buffer.from(`${JSON.stringify({ ...whose, count, wrongCount, wrong, cut, trouble })}\n`);
  }
}
