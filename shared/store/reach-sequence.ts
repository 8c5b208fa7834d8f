import type { Caller } from "../access/caller.ts";
import { intakesOf } from "../ledger/row/keys.ts";
import { sequencesIn } from "../ledger/sequence/intake.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import { isSequenceId, runOfSequence } from "../plan/identity.ts";
import type { LedgerReads } from "../ports.ts";
import { listAll } from "./list-all.ts";
import { loadSequence } from "./load.ts";
import { reachRun } from "./reach-run.ts";

/** A sequence that the rights of a caller reach, as it was when that was looked up. */
export interface ReachedSequence {
  readonly runId: string;
  readonly sequenceId: string;
  readonly record: SequenceRecord;
}

/**
 * The sequence, if the rights of `caller` reach it; null if there is none, or it is not the
 * caller's. Throws `SetAside` if its run or its record cannot be read.
 */
export async function reachSequence(
  ledger: LedgerReads,
  caller: Caller,
  sequenceId: string,
): Promise<ReachedSequence | null> {
  if (!isSequenceId(sequenceId)) return null;
  const runId = runOfSequence(sequenceId);
  const run = await reachRun(ledger, caller, runId);
  const record = run === null ? null : await recordOf(ledger, sequenceId);
  if (run === null || record === null || !run.covers(record)) return null;
  return { runId, sequenceId, record };
}

/** Its own row, or the one that was accepted with it and has no rows of its own yet. */
async function recordOf(ledger: LedgerReads, sequenceId: string): Promise<SequenceRecord | null> {
  const own = await loadSequence(ledger, sequenceId);
  if (own !== null) return own.value;
  const rows = await listAll(ledger, intakesOf(runOfSequence(sequenceId)));
  const planned = rows.flatMap(sequencesIn).find((each) => each.sequenceId === sequenceId);
  // It may have got its own row while the intake rows were read.
  return planned ?? (await loadSequence(ledger, sequenceId))?.value ?? null;
}
