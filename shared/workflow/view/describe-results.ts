import { OWED } from "../../ledger/row/keys.ts";
import { owedSchema } from "../../ledger/sequence/rows.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Ports } from "../../ports.ts";
import type { Count } from "../../store/count-rows.ts";

/** Sequences whose results are still to be fetched. */
export interface ResultsView {
  readonly owed: Count;
  /** How many of them had a failed try, and the reason of the first. */
  readonly inTrouble: number;
  readonly trouble: string | null;
}

/** One page of the Table service. */
const COUNTED_MAX = 1_000;

export async function describeResults(ledger: Ports["ledger"]): Promise<ResultsView> {
  const rows = await ledger.list(OWED.from, OWED.before, COUNTED_MAX);
  const details = sorted(owedSchema, rows).readable.flatMap(({ value }) => value.detail ?? []);
  return {
    owed: { count: rows.length, atLeast: rows.length === COUNTED_MAX },
    inTrouble: details.length,
    trouble: details[0] ?? null,
  };
}
