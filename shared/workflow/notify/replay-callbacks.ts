import { deadNoticesOf, noticeKey, NOTICES } from "../../ledger/keys.ts";
import { deadNoticeSchema, noticeSchema, owing, type Notice } from "../../ledger/notice.ts";
import type { RowChange } from "../../ledger/rows.ts";
import type { RunRecord } from "../../ledger/run.ts";
import { noticesOfStanding } from "../../ledger/told.ts";
import { isRunId } from "../../plan/identity.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { changeRun } from "../../store/change-run.ts";
import { loadRun } from "../../store/load.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { transact, usual } from "../../store/transact.ts";
import { ringNotices } from "./ring-notices.ts";

type ReplayPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** How many dead callbacks are owed again, and how many of those once delivered. */
export interface Replayed {
  readonly dead: number;
  readonly again: number;
}

/** Each is two rows of a transaction of a hundred (Table service). */
const REVIVED_PER_COMMIT = 50;
/** More than a run can have: 500 machines, three events, ten targets; a bound on the loop. */
const COMMITS_MAX = 400;
const ROWS_MAX = 1_000;

/**
 * Owes a run's dead callbacks anew, with all their tries; with `all` also tells every target once
 * more where the run stands, one that answered 410 included. Each keeps its id, so that a receiver
 * that has it already can tell. Null if there is no such run. Asking twice does no harm.
 */
export async function replayCallbacks(
  ports: ReplayPorts,
  runId: string,
  { by, all }: { by: string; all: boolean },
): Promise<Replayed | null> {
  const asked = { by, detail: all ? "all targets" : "dead ones" };
  if (!isRunId(runId) || !(await recordForRun(ports, runId, "callbacksReplayed", asked)))
    return null;
  const dead = await revive(ports, runId);
  const again = all ? await tellAgain(ports, runId) : 0;
  ports.log("warn", "callbacksReplayed", { runId, by, dead, again });
  await ringNotices(ports);
  return { dead, again };
}

async function revive({ ledger, clock }: ReplayPorts, runId: string): Promise<number> {
  const { from, before } = deadNoticesOf(runId);
  let revived = 0;
  for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
    const rows = await ledger.list(from, before, REVIVED_PER_COMMIT);
    if (rows.length === 0) return revived;
    const dueAtMs = clock.earliest();
    const outcome = await ledger.commit(rows.flatMap((row) => revival(row, dueAtMs)));
    // A conflict is somebody who replays at the same time; what is left shows at the next look.
    if (outcome.kind === "committed") revived += rows.length;
  }
  return revived;
}

function revival(row: Row, dueAtMs: number): RowChange[] {
  const { host: _host, diedAtMs: _diedAtMs, ...notice } = deadNoticeSchema.parse(row.body);
  const body: Notice = { ...notice, tries: 0 };
  return [
    { op: "delete", key: row.key, etag: row.etag },
    { op: "insert", key: noticeKey(dueAtMs, notice.noticeId), body },
  ];
}

async function tellAgain(ports: ReplayPorts, runId: string): Promise<number> {
  return await transact(ports, usual(`run ${runId}`), async (tx) => {
    const stored = await loadRun(tx, runId);
    if (stored === null) throw new Error(`run ${runId} is gone`);
    const callbacks = stored.value.callbacks.map((each) => ({ ...each, endedAtMs: null }));
    const run: RunRecord = { ...stored.value, callbacks };
    const owed = await owedIds(tx, runId);
    const notices = noticesOfStanding(run, ports.clock.earliest()).filter(
      ({ noticeId }) => !owed.has(noticeId),
    );
    changeRun(tx, stored, run);
    tx.stage(owing(notices));
    return notices.length;
  });
}

/**
 * Those that are owed anyway, or have just died: looked at in this order, one that dies meanwhile
 * is seen. Beyond a thousand that are owed, one may be owed twice.
 */
async function owedIds(ledger: LedgerReads, runId: string): Promise<Set<string>> {
  const pending = await ledger.list(NOTICES.from, NOTICES.before, ROWS_MAX);
  const { from, before } = deadNoticesOf(runId);
  const dead = await ledger.list(from, before, ROWS_MAX);
  return new Set([...pending, ...dead].map(({ body }) => noticeSchema.parse(body).noticeId));
}
