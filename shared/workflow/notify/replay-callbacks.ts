import { deadOf, noticeIdIn, noticeKey, NOTICE } from "../../ledger/row/keys.ts";
import {
  deadNoticeSchema,
  owing,
  type DeadNotice,
  type Notice,
} from "../../ledger/outbox/notice.ts";
import type { RowChange } from "../../ledger/sequence/rows.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { noticesOfRunState } from "../../ledger/outbox/run-notices.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { changeRun } from "../../store/change-run.ts";
import { loadRun } from "../../store/load.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { noteSetAside } from "../../store/set-aside.ts";
import { commitOnce, transact, usual } from "../../store/transact.ts";
import { ringNotices } from "./ring-notices.ts";

type ReplayPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/**
 * How many dead callbacks are owed again, and how many more are owed because all targets are told.
 */
export interface Replayed {
  readonly dead: number;
  readonly again: number;
}

/** Each takes two rows of a transaction, which takes a hundred (Table service). */
const REVIVED_PER_COMMIT = 50;
/** More than a run can have (500 machines, three events, ten targets); it bounds the loop. */
const COMMITS_MAX = 400;
const ROWS_MAX = 1_000;

/**
 * Makes a run's dead callbacks owed again, with all their tries. With `all` it also tells every
 * target once more the present state of the run, even one that answered 410. Each callback keeps
 * its id, so that a receiver can see that it already has it. Null if there is no such run. Asking
 * twice does no harm.
 */
export async function replayCallbacks(
  ports: ReplayPorts,
  runId: string,
  { by, all }: { by: string; all: boolean },
): Promise<Replayed | null> {
  const asked = { by, detail: all ? "all targets" : "dead ones" };
  if (!(await recordForRun(ports, runId, "callbacksReplayed", asked))) return null;
  const dead = await revive(ports, runId);
  const again = all ? await tellAgain(ports, runId) : 0;
  ports.log("warn", "callbacksReplayed", { runId, by, dead, again });
  await ringNotices(ports);
  return { dead, again };
}

async function revive(ports: ReplayPorts, runId: string): Promise<number> {
  const { ledger, clock } = ports;
  const { from, before } = deadOf(runId);
  // Rows that cannot be read stay, and the loop goes on behind them.
  let start = from;
  let revived = 0;
  for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
    const rows = await ledger.list(start, before, REVIVED_PER_COMMIT);
    const { readable, aside } = sorted(deadNoticeSchema, rows);
    for (const each of aside) await noteSetAside(ports, each);
    if (readable.length === 0 && rows.length < REVIVED_PER_COMMIT) return revived;
    if (readable.length === 0) start = `${rows.at(-1)?.key ?? ""}!`;
    if (readable.length === 0) continue;
    const dueAtMs = clock.earliest();
    const changes = readable.flatMap(({ row, value }) => revival(row, value, dueAtMs));
    // Otherwise somebody else replays at the same time; the next replay finds what is left.
    if (await commitOnce(ports, changes)) revived += readable.length;
  }
  return revived;
}

function revival(row: Row, dead: DeadNotice, dueAtMs: number): RowChange[] {
  const { host: _host, diedAtMs: _diedAtMs, ...notice } = dead;
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
    const notices = noticesOfRunState(run, ports.clock.earliest()).filter(
      ({ noticeId }) => !owed.has(noticeId),
    );
    changeRun(tx, stored, run);
    tx.stage(owing(notices));
    return notices.length;
  });
}

/**
 * Those that are owed anyway, or have just died. They are read in this order, so one that dies
 * meanwhile is seen. If more than a thousand are owed, one may be owed twice.
 */
async function owedIds(ledger: LedgerReads, runId: string): Promise<Set<string>> {
  const pending = await ledger.list(NOTICE.from, NOTICE.before, ROWS_MAX);
  const { from, before } = deadOf(runId);
  const dead = await ledger.list(from, before, ROWS_MAX);
  return new Set([...pending, ...dead].map(({ key }) => noticeIdIn(key)));
}
