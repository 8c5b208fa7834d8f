import { roundKey } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { LedgerReads } from "../../ports.ts";
import { roundSchema } from "../../sweep/round.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";

/** One page of the Table service; also the most due times that a sweep keeps in mind. */
const ROUNDS_LOOKED_AT = 1_000;

/**
 * The sweep, undecided from `nowMs` on, although a clock that was ahead has decided what comes
 * later. It keeps in mind which later due times have a round already, by its last 1,000 rounds.
 */
export async function reopened(
  ledger: LedgerReads,
  sweep: SweepRecord,
  nowMs: number,
): Promise<SweepRecord> {
  const decidedAtMs = Math.floor(nowMs);
  if (sweep.decidedAtMs <= nowMs) return { ...sweep, decidedAtMs };
  const known = [...sweep.startedAheadMs, ...(await startedIn(ledger, sweep))];
  const later = [...new Set(known)].filter((dueAtMs) => dueAtMs > nowMs);
  const next = later.toSorted((one, other) => one - other).slice(0, ROUNDS_LOOKED_AT);
  return { ...sweep, decidedAtMs, startedAheadMs: next };
}

/** The due times of its last rounds. */
async function startedIn(
  ledger: LedgerReads,
  { name, rounds }: Pick<SweepRecord, "name" | "rounds">,
): Promise<readonly number[]> {
  if (rounds === 0) return [];
  const from = roundKey(name, Math.max(1, rounds - ROUNDS_LOOKED_AT + 1));
  const rows = await ledger.list(from, `${roundKey(name, rounds)}!`, ROUNDS_LOOKED_AT);
  return sorted(roundSchema, rows).readable.flatMap(({ value }) => value.dueAtMs ?? []);
}
