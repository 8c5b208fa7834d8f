import { isoOf } from "../../ledger/row/instant.ts";
import type { Cell } from "./parsed-rows.ts";
import type { PieceHeader } from "./row-block.ts";

/** Whose row it is, in every export. */
type Whose = Pick<PieceHeader, "machineId" | "machineName" | "collectedAtMs">;

/** A row as an object: whose it is, and its cells by the names of their columns. */
export function rowObjectOf(
  { machineId, machineName, collectedAtMs }: Whose,
  columns: readonly string[],
  row: readonly Cell[],
): Readonly<Record<string, Cell>> {
  const cells = columns.map((name, index) => [name, row[index] ?? null] as const);
  const whose = { machineId, machineName, collectedAt: isoOf(collectedAtMs) };
  return { ...whose, ...Object.fromEntries(cells) };
}

/** The line of names of a CSV with these columns, with its end. */
export function csvHeader(columns: readonly string[]): string {
  return csvLine(["machineId", "machineName", "collectedAt", ...columns]);
}

/** A row of a CSV whose header has these columns; `names` are the columns of the row. */
export function csvRow(
  { machineId, machineName, collectedAtMs }: Whose,
  columns: readonly string[],
  names: readonly string[],
  row: readonly Cell[],
): string {
  const cells = columns.map((name) => row[names.indexOf(name)] ?? null);
  return csvLine([machineId, machineName, isoOf(collectedAtMs), ...cells]);
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** What a spreadsheet takes for a formula, also in the wide forms of East Asian keyboards. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n\t;]|^[' ]| $/;

/**
 * A cell by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before
 * it, so that it stays a text; numbers are none. Null is empty.
 */
function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
