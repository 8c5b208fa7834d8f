import { isUnapproved, withApprovals } from "../../ledger/run/approval.ts";
import { placed } from "../../ledger/run/gate.ts";
import { dueBy, sequenceIdIn } from "../../ledger/row/keys.ts";
import { end, expire, makeReady } from "../../ledger/sequence/moves.ts";
import { move, type Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Ports } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { moveOnce, moveSequence } from "../../store/change-sequence.ts";
import { loadRun, loadSequence, unchanged } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { once, tryTransact } from "../../store/transact.ts";

type DuePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** The rows that are due longest; the next poll releases the rest. */
const DUE_PER_POLL = 50;

/**
 * Releases sequences that waited for a time that has come: they are ready again, or have expired
 * meanwhile. A sequence that waits for an approval goes on waiting if its run has got more time.
 * Returns how many are ready or over.
 */
export async function releaseDue(ports: DuePorts, outstanding: Outstanding): Promise<number> {
  const nowMs = ports.clock.earliest();
  const range = dueBy(nowMs);
  let due = await rowsWithin(ports.ledger, outstanding, range, DUE_PER_POLL);
  for (;;) {
    const came: (boolean | null)[] = [];
    for (const { key } of due) {
      const releasing = () => releaseOne(ports, sequenceIdIn(key), nowMs);
      came.push(await unlessSetAside(ports, null, releasing));
    }
    const last = due.at(-1);
    const isHidden = due.length === DUE_PER_POLL && came.every((each) => each === null);
    if (last === undefined || !isHidden) return came.filter((each) => each === true).length;
    // None of them can be read, in this poll or the next: the poll goes on behind them.
    due = await ports.ledger.list(`${last.key}!`, range.before, DUE_PER_POLL);
  }
}

async function releaseOne(ports: DuePorts, sequenceId: string, nowMs: number): Promise<boolean> {
  const record = await loadSequence(ports.ledger, sequenceId);
  if (record?.value.place?.kind !== "later") return false;
  const isForApproval = record.value.reason?.code === "approval";
  return isForApproval
    ? await releaseUnapproved(ports, record, nowMs)
    : await release(ports, record, nowMs);
}

async function release(
  ports: DuePorts,
  record: Stored<SequenceRecord>,
  nowMs: number,
): Promise<boolean> {
  const { value } = record;
  const after =
    value.expiresAtMs > nowMs ? makeReady(value, nowMs, value.reason) : expire(value, nowMs);
  const facts = grouped([factOfMove(value, after, nowMs)]);
  return await moveOnce(ports, { before: record, after, nowMs }, { facts });
}

/**
 * Ends a sequence by the deadline of its run, even if it was given more time when it was accepted.
 * The run is guarded as it was read, so if an approval or more time comes in between, this loses.
 */
async function releaseUnapproved(
  ports: DuePorts,
  record: Stored<SequenceRecord>,
  nowMs: number,
): Promise<boolean> {
  const { value } = record;
  const releasing = await tryTransact(ports, once(value.sequenceId), async (tx) => {
    const run = await loadRun(tx, value.runId);
    if (run === null) throw new Error(`run ${value.runId} is gone`);
    // A process that granted an approval may have died before it moved the sequence; applying the
    // gate does that.
    if (!isUnapproved(withApprovals(value, run.value.approval))) return false;
    tx.stage([unchanged(run)]);
    const waiting = placed(value, run.value);
    if (waiting.place?.kind === "later" && waiting.place.dueAtMs > nowMs) {
      tx.stage(move(record, waiting));
      return false;
    }
    const after = end(value, "expired", UNAPPROVED, nowMs);
    const facts = grouped([factOfMove(value, after, nowMs)]);
    await moveSequence(tx, { before: record, after, nowMs }, { facts });
    return true;
  });
  return releasing.kind === "done" && releasing.value;
}

const UNAPPROVED = {
  code: "approvalExpired",
  detail: "Nobody approved it in time, so it was not run.",
};
