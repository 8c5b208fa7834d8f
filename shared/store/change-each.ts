import { sequenceIdIn, sequencesOf } from "../ledger/row/keys.ts";
import type { Stored } from "../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import type { Ports } from "../ports.ts";
import { listAll } from "./list-all.ts";
import { loadSequence } from "./load.ts";
import { unlessSetAside } from "./set-aside.ts";
import { transact, usual, type Transaction } from "./transact.ts";
import { unfold } from "./unfold.ts";

/**
 * Changes every sequence of a run, each in a transaction of its own, and gives what `change`
 * returned for each once that stands; null for one that cannot be changed, for a row is set aside.
 * May end anywhere and be done again. Throws `Contended`.
 */
export async function* changeEach<T>(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  runId: string,
  change: (tx: Transaction, sequence: Stored<SequenceRecord>) => Promise<T>,
): AsyncGenerator<T | null> {
  // What has no rows of its own yet could not be changed.
  await unfold(ports, runId);
  for (const { key } of await listAll(ports.ledger, sequencesOf(runId))) {
    const sequenceId = sequenceIdIn(key);
    const changing = () =>
      transact(ports, usual(sequenceId), async (tx) => {
        const stored = await loadSequence(tx, sequenceId);
        if (stored === null) throw new Error(`${sequenceId} is gone`);
        return await change(tx, stored);
      });
    yield await unlessSetAside(ports, null, changing);
  }
}
