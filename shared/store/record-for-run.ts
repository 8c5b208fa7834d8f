import type { AuditFacts } from "../evidence/audit.ts";
import type { RunRecord } from "../ledger/run/run.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import { isRunId } from "../plan/identity.ts";
import { factAbout } from "./audit.ts";
import { changeRun } from "./change-run.ts";
import { loadRun } from "./load.ts";
import { transact, usual, type Store } from "./transact.ts";

/**
 * Records what somebody asks for a run, before it is done; `onRun` changes the run in the same
 * transaction. False if there is no such run. Throws if it cannot be recorded; then the caller must
 * not do it.
 */
export async function recordForRun(
  store: Store,
  runId: string,
  event: AuditFacts["event"],
  about: {
    by: string;
    detail?: string;
    record?: SequenceRecord;
    onRun?: (run: RunRecord, nowMs: number) => RunRecord;
  },
): Promise<boolean> {
  const { by, detail = "", onRun = (run: RunRecord) => run } = about;
  const of = about.record === undefined ? [] : [about.record];
  if (!isRunId(runId)) return false;
  return await transact(store, usual(`run ${runId}`), async (tx) => {
    const run = await loadRun(tx, runId);
    if (run === null) return false;
    const atMs = store.clock.earliest();
    const fact = factAbout(event, of, { by, detail, atMs });
    changeRun(tx, run, onRun(run.value, Math.floor(atMs)), [fact]);
    return true;
  });
}
