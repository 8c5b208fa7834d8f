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
  const isRecorded = (run.outputRead[by] ?? 0) >= run.custody.count;
  if (!seesOutput || outputs.length === 0 || isRecorded) return;
  const detail = `output of ${outputs.length} scripts, of ${run.custody.count} results`;
  const count = run.custody.count;
  const onRun = (now: RunRecord): RunRecord => ({
    ...now,
    outputRead: { ...now.outputRead, [by]: Math.max(count, now.outputRead[by] ?? 0) },
  });
  if (!(await recordForRun(store, run.runId, "evidenceRead", { by, detail, onRun }))) {
    throw new Error(`run ${run.runId} is gone`);
  }
}
