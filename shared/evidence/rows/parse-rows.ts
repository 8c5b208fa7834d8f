import type { RowsForm } from "../../plan/profile/rows-form.ts";
import { csvRecords } from "./csv-records.ts";
import { arrayRecords, lineRecords } from "./json-records.ts";
import type { Cell, ParsedRows, WrongRow } from "./parsed-rows.ts";
import { textOf } from "./text-of.ts";
import { typedRow, type TypedRow } from "./typed-row.ts";

/** Wrong rows that are kept with their reason; all are counted. Our own bound. */
const WRONG_SHOWN_MAX = 20;

/** Characters of all cells of a row. Our own bound; the longest path of Windows has 32,767. */
const ROW_CHARACTERS_MAX = 65_536;

/**
 * The rows in the text of a machine. A row that is wrong is counted, and says why; it spoils no
 * other row. `isCut`: the bytes are the beginning of more; then a row that is not complete is left
 * out. Never throws.
 */
export function parseRows(bytes: Uint8Array, isCut: boolean, form: RowsForm): ParsedRows {
  const text = textOf(bytes);
  const tally = tallying(form.atMost.rows, isCut);
  switch (form.format) {
    case "ndjson":
      tally.take(lineRecords(text, isCut), (line) => objectRow(line, form));
      return tally.parsed(null);
    case "json": {
      const elements = arrayRecords(text, isCut);
      tally.take(elements.texts, (element) => objectRow(element, form));
      return tally.parsed(elements.trouble());
    }
    case "csv": {
      const records = csvRecords(text, isCut);
      const header = records.next();
      if (header.done === true) return tally.parsed("no line of column names");
      const places = placesIn(header.value, form);
      if (typeof places === "string") return tally.parsed(places);
      tally.take(records, (record) => csvRow(record, places, form));
      return tally.parsed(null);
    }
  }
}

/** Reads records one by one up to the bound, and keeps what became of them. */
function tallying(rowsMax: number, isCut: boolean) {
  const rows: (readonly Cell[])[] = [];
  const wrong: WrongRow[] = [];
  let wrongCount = 0;
  let cut: ParsedRows["cut"] = isCut ? "bytes" : null;
  return {
    take<T>(records: Iterable<T>, read: (record: T) => TypedRow): void {
      for (const record of records) {
        const row = rows.length + wrongCount + 1;
        if (row > rowsMax) {
          cut = "rows";
          return;
        }
        const typed = unlessTooLong(read(record));
        if (typeof typed !== "string") rows.push(typed);
        else if ((wrongCount += 1) <= WRONG_SHOWN_MAX) wrong.push({ row, why: typed });
      }
    },
    parsed: (trouble: string | null): ParsedRows => ({ rows, wrong, wrongCount, cut, trouble }),
  };
}

/** A line of the store, and of an export, stays within bounds. */
function unlessTooLong(typed: TypedRow): TypedRow {
  if (typeof typed === "string") return typed;
  const characters = typed.reduce<number>((sum, cell) => sum + String(cell).length, 0);
  if (characters <= ROW_CHARACTERS_MAX) return typed;
  return `has ${characters} characters, more than ${ROW_CHARACTERS_MAX}`;
}

function objectRow(text: string, { columns }: RowsForm): TypedRow {
  const value = parsedJson(text);
  if (value === undefined) return "is no JSON";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is no object";
  const fields = new Map<string, unknown>(Object.entries(value));
  return typedRow(columns, (index) => fields.get(columns[index]?.name ?? ""));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a CSV has the cell of each column; -1 if nowhere. `cells` is how many a record has. */
interface Places {
  readonly at: readonly number[];
  readonly cells: number;
}

function placesIn(
  header: readonly string[] | { readonly why: string },
  { columns }: RowsForm,
): Places | string {
  if ("why" in header) return `the line of column names ${header.why}`;
  const names = header.map((name) => name.trim());
  const twice = columns.find(({ name }) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) return `two columns with the name ${twice.name}`;
  const at = columns.map(({ name }) => names.indexOf(name));
  const missing = columns.find(({ key }, index) => key === true && at[index] === -1);
  if (missing !== undefined) return `no column with the name ${missing.name}, which is a key`;
  if (at.every((place) => place < 0)) return "none of the columns in the line of column names";
  return { at, cells: names.length };
}

function csvRow(
  record: readonly string[] | { readonly why: string },
  { at, cells }: Places,
  { columns }: RowsForm,
): TypedRow {
  if ("why" in record) return record.why;
  if (record.length !== cells) return `has ${record.length} cells, and not ${cells}`;
  return typedRow(columns, (index) => record[at[index] ?? -1]);
}
