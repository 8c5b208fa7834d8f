import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import { endOf } from "../../ledger/run/tally.ts";
import type { LedgerReads } from "../../ports.ts";
import { loadSequence } from "../../store/load.ts";
import { REACHED, wordOf } from "../../sweep/round.ts";
import type { Swept } from "../../sweep/target.ts";

/**
 * When the sweep has reached the machine last; null if it never has. An earlier round counts the
 * machines of a run once all of them have ended, which may be days after most. So what it has sent
 * and not counted is asked itself; if that cannot be read, what was counted before stands.
 */
export async function reachedLast(
  ledger: LedgerReads,
  { round, state, sequenceId, reached }: Swept,
): Promise<Swept["reached"]> {
  if (state !== "sent" || sequenceId === null) return reached;
  const record = await orSetAside(loadSequence(ledger, sequenceId));
  if (record === null || record instanceof SetAside) return reached;
  const { endedAtMs } = record.value;
  const end = endOf(record.value);
  if (end === null || endedAtMs === null || wordOf(end) !== REACHED) return reached;
  return { round, atMs: endedAtMs };
}
