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
 * Changes every sequence of a run, each in a separate transaction. Returns what `change` returned
 * for each, after its commit; null for a sequence that cannot be changed because a row is set
 * aside. It may stop at any point and be done again. Throws `Contended`.
 */
export async function* changeEach<T>(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  runId: string,
  change: (tx: Transaction, sequence: Stored<SequenceRecord>) => Promise<T>,
): AsyncGenerator<T | null> {
  // A sequence without its own rows could not be changed.
  await unfold(ports, runId);
  for (const { key } of await listAll(ports.ledger, sequencesOf(runId))) {
    yield await changeOne(ports, sequenceIdIn(key), change);
  }
}

/** The same for one sequence that has its own rows. */
export async function changeOne<T>(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  sequenceId: string,
  change: (tx: Transaction, sequence: Stored<SequenceRecord>) => Promise<T>,
): Promise<T | null> {
  const changing = () =>
    transact(ports, usual(sequenceId), async (tx) => {
      const stored = await loadSequence(tx, sequenceId);
      if (stored === null) throw new Error(`${sequenceId} is gone`);
      return await change(tx, stored);
    });
  return await unlessSetAside(ports, null, changing);
}
