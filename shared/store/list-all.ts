import type { KeyRange } from "../ledger/row/key-range.ts";
import type { LedgerReads, Row } from "../ports.ts";

/** The most the Table service gives at once. */
const PAGE = 1_000;
/** A million rows: no run can have that many results. */
const PAGES_MAX = 1_000;

/** All rows of a range, in key order. Throws above a million. */
export async function listAll(ledger: LedgerReads, range: KeyRange): Promise<Row[]> {
  const all: Row[] = [];
  for await (const rows of pagesOf(ledger, range)) all.push(...rows);
  return all;
}

/** The same a page at a time, for who does not keep them. */
export async function* pagesOf(
  ledger: LedgerReads,
  { from, before }: KeyRange,
): AsyncGenerator<readonly Row[]> {
  let start = from;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const rows = await ledger.list(start, before, PAGE);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    start = `${last.key}!`;
  }
  throw new Error(`more than ${PAGE * PAGES_MAX} rows from ${from}`);
}
