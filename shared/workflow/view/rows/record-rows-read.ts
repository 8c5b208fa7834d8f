import { changeSweep, factOfSweep } from "../../../store/change-sweep.ts";
import { loadSweep } from "../../../store/load-sweeps.ts";
import { transact, usual, type Store } from "../../../store/transact.ts";

/** Which rows are about to be shown, to whom, and in which way. */
export interface RowsRead {
  readonly name: string;
  readonly number: number;
  readonly by: string;
  readonly what: string;
}

/**
 * Records in the log of the sweep that a caller is about to see what its machines answered: rows
 * are read out of evidence. Throws if it cannot be recorded; then nothing may be shown.
 */
export async function recordRowsRead(
  store: Store,
  { name, number, by, what }: RowsRead,
): Promise<void> {
  await transact(store, usual(`sweep ${name}`), async (tx) => {
    const sweep = await loadSweep(tx, name);
    if (sweep === null) throw new Error(`sweep ${name} is gone`);
    const detail = `${what} of round ${number}`;
    const fact = factOfSweep("evidenceRead", { atMs: store.clock.earliest(), by, detail });
    changeSweep(tx, sweep, sweep.value, [fact]);
  });
}
