import type { Reach } from "../../access/reach.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import type { Store } from "../../store/transact.ts";

/**
 * Records that a caller is about to see what the scripts of these sequences wrote. A page that
 * shows a run asks for it every few seconds. So a caller is recorded once for what there is, and
 * again after the run has more results.
 */
export async function recordOutputRead(
  store: Store,
  run: RunRecord,
  records: readonly SequenceRecord[],
  { by, seesOutput }: Reach,
): Promise<void> {
  const outputs = records.flatMap(({ results }) => results.filter(({ script }) => script !== null));
  const results = run.custody.count;
  const isRecorded = run.outputRead.some((each) => each.by === by && each.results >= results);
  if (!seesOutput || outputs.length === 0 || isRecorded) return;
  const detail = `output of ${outputs.length} scripts, of ${results} results`;
  const onRun = (now: RunRecord) => withReader(now, by, results);
  if (!(await recordForRun(store, run.runId, "evidenceRead", { by, detail, onRun }))) {
    throw new Error(`run ${run.runId} is gone`);
  }
}

function withReader(run: RunRecord, by: string, results: number): RunRecord {
  const known = run.outputRead.find((each) => each.by === by);
  const reader = { ...known, by, results: Math.max(results, known?.results ?? 0) };
  return { ...run, outputRead: [...run.outputRead.filter((each) => each !== known), reader] };
}
