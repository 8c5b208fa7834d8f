import { isWithin, type KeyRange } from "../ledger/row/key-range.ts";
import { RATE_TOKEN_KEY, OUTSTANDING } from "../ledger/row/keys.ts";
import type { Ledger, Row } from "../ports.ts";
import { budgetIn } from "./load.ts";

/** The first rows of everything that is not settled, read in one request. */
export interface Outstanding {
  readonly rows: readonly Row[];
  /** True if there are no more. */
  readonly whole: boolean;
}

/**
 * What is due, 25 or 50 leases, owed results, the budget, the head of the ready rows: that fits.
 */
const ROWS = 150;

export async function readOutstanding(ledger: Ledger): Promise<Outstanding> {
  const rows = await ledger.list(OUTSTANDING.from, OUTSTANDING.before, ROWS);
  return { rows, whole: rows.length < ROWS };
}

/**
 * True if nothing is outstanding: there is only the budget, or not even that; Defender refuses us
 * no call that a probe could repeat; and no row is set aside.
 */
export function isIdle({ rows, whole }: Outstanding): boolean {
  if (!whole || rows.some((row) => row.key !== RATE_TOKEN_KEY)) return false;
  const { lockouts, setAside } = budgetIn(rows).value;
  return setAside.length === 0 && lockouts.every(({ call }) => call === "submit");
}

/**
 * Up to `limit` rows of a range: from the rows already read if they include the range, else read
 * again.
 */
export async function rowsWithin(
  ledger: Ledger,
  { rows, whole }: Outstanding,
  range: KeyRange,
  limit: number,
): Promise<readonly Row[]> {
  const within = rows.filter((row) => isWithin(row.key, range));
  const last = rows.at(-1);
  const reached =
    whole || within.length >= limit || (last !== undefined && last.key >= range.before);
  if (reached) return within.slice(0, limit);
  return await ledger.list(range.from, range.before, limit);
}
