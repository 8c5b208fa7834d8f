import type { Caller } from "../access/caller.ts";
import { reachInto, type Reach } from "../access/reach.ts";
import { isRunId } from "../plan/identity.ts";
import type { LedgerReads } from "../ports.ts";
import { listSequences } from "./list-sequences.ts";
import { loadRun } from "./load.ts";

/** A run that the rights of a caller reach. */
export interface ReachedRun extends Reach {
  readonly runId: string;
  /**
   * True if they reach all of it. What cannot be shown or done in part (a chain, a seal, the gate)
   * needs the whole run.
   */
  readonly isWhole: boolean;
}

/**
 * The run as far as the rights of `caller` reach it; null if there is no such run, or none of it is
 * the caller's. The team and the source of a run never change, and each story looks again at the
 * sequences that it shows or moves. Throws `SetAside` if the run cannot be read.
 */
export async function reachRun(
  ledger: LedgerReads,
  caller: Caller,
  runId: string,
): Promise<ReachedRun | null> {
  const run = isRunId(runId) ? ((await loadRun(ledger, runId))?.value ?? null) : null;
  const reach = run === null ? null : reachInto(caller, run);
  if (run === null || reach === null) return null;
  if (caller.profiles === null) return { ...reach, runId, isWhole: true };
  const { records, setAside } = await listSequences(ledger, run);
  // Nobody knows the profile of what cannot be read.
  const covered = records.filter(reach.covers).length;
  if (covered === 0) return null;
  return { ...reach, runId, isWhole: covered === records.length && setAside.length === 0 };
}
