import type { KeyRange } from "../ledger/row/key-range.ts";
import type { Ports } from "../ports.ts";

/** The exact number of rows, or a lower bound. */
export interface Count {
  readonly count: number;
  readonly atLeast: boolean;
}

/** One page of the Table service. */
const COUNTED_MAX = 1_000;

/** Rows in the range; it stops at 1,000 and says so. */
export async function counted(ledger: Ports["ledger"], range: KeyRange): Promise<Count> {
  const rows = await ledger.list(range.from, range.before, COUNTED_MAX);
  return { count: rows.length, atLeast: rows.length === COUNTED_MAX };
}
