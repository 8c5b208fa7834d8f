import type { z } from "zod";
import type { Line } from "../../columns.ts";
import type { Lrq } from "../app/lrq.ts";
import { pagesOf } from "../app/pages.ts";
import type { Around } from "./around.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { UsageError } from "./stop.ts";
import { type Column, tableLines } from "./table.ts";
import type { Asked } from "./verb.ts";

/** The option of each command that shows a list. */
export const LIMIT = ["--limit <number>", "how many rows at most (default: 50)"] as const;
const ROWS = 50;
const ROWS_MOST = 10_000;
/** A page may be empty although more come: it is bounded by what it looks at. */
const PAGES_MOST = 1_000;

/** A list of the API, and how a row of it is shown. */
export interface Listed<Page, Row> {
  readonly path: string;
  readonly form: z.ZodType<Page>;
  readonly query: Readonly<Record<string, string>>;
  readonly rowsOf: (page: Page) => readonly Row[];
  readonly titles: readonly Column[];
  readonly lineOf: (row: Row) => Line;
  /** What to say if there is no row. */
  readonly none: string;
}

/** Shows a list up to the limit; with `--json` a row a line, as the API sends it. */
export async function listRows<Page extends { readonly next: string | null }, Row>(
  lrq: Lrq,
  { path, form, query, rowsOf, titles, lineOf, none }: Listed<Page, Row>,
  asked: Asked,
  around: Around,
): Promise<ExitCode> {
  const limit = limitIn(asked);
  const rows: Row[] = [];
  let isAll = true;
  for await (const { value } of pagesOf(lrq, path, form, { pages: PAGES_MOST, query })) {
    rows.push(...rowsOf(value));
    isAll = value.next === null && rows.length <= limit;
    if (rows.length >= limit) break;
  }
  const shown = rows.slice(0, limit);
  if (asked.flag("json")) for (const row of shown) around.sayJson(row);
  else if (shown.length === 0) around.note(none);
  else around.show(tableLines(titles, shown.map(lineOf), around.columns));
  if (!isAll) around.note(`There are more: --limit ${limit * 10} shows them.`);
  return EXIT.done;
}

/** How many rows somebody asked for with `--limit`. */
export function limitIn(asked: Asked): number {
  const text = asked.text("limit") ?? String(ROWS);
  const limit = Number(text);
  if (/^[1-9]\d*$/.test(text) && limit <= ROWS_MOST) return limit;
  throw new UsageError(`--limit takes a number from 1 to ${ROWS_MOST}`);
}
