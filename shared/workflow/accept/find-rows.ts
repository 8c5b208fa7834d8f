import { isWithin } from "../../ledger/row/key-range.ts";
import { intakesOf, sequenceKey } from "../../ledger/row/keys.ts";
import { isOfTeam, type RunRecord } from "../../ledger/run/run.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { LedgerReads } from "../../ports.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";

/** What the last read found in the ledger. */
export interface Found {
  readonly stored: Stored<RunRecord> | null;
  /** Those of the sequences that do not exist yet. */
  readonly missing: readonly SequenceRecord[];
  readonly known: ReadonlyMap<string, SequenceRecord>;
}

/** What the ledger has now, of the run and its sequences; null if the run is another team's. */
export async function findRows(
  ledger: LedgerReads,
  runId: string,
  { run, sequences }: { readonly run: RunRecord; readonly sequences: readonly SequenceRecord[] },
): Promise<Found | null> {
  const stored = await loadRun(ledger, runId);
  if (stored !== null && !isOfTeam(stored.value, run.team ?? "")) return null;
  const all =
    stored === null ? { records: [], setAside: [] } : await listSequences(ledger, stored.value);
  const known = new Map(all.records.map((each) => [each.sequenceId, each]));
  // A row that is set aside exists. Which sequences an intake row holds is then not known.
  const unreadable = all.setAside.find(({ key }) => isWithin(key, intakesOf(runId)));
  if (unreadable !== undefined) throw unreadable;
  const there = new Set(all.setAside.map(({ key }) => key));
  const missing = sequences.filter(
    ({ sequenceId }) => !known.has(sequenceId) && !there.has(sequenceKey(sequenceId)),
  );
  return { stored, missing, known };
}
