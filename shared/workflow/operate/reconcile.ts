import {
  BEHIND,
  machineIdBehind,
  MACHINES,
  OWED_RESULTS,
  sequenceIdIn,
} from "../../ledger/keys.ts";
import { park } from "../../ledger/moves.ts";
import { machineSchema, move, type Stored } from "../../ledger/rows.ts";
import {
  holdsMachine,
  holdsSession,
  owesResults,
  type SequenceRecord,
} from "../../ledger/sequence.ts";
import type { Budget } from "../../limits/budget.ts";
import { renewed, sessionOf } from "../../limits/session.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { loadBudget, loadLease, loadSequence } from "../../store/load.ts";
import { tryTransact, usual } from "../../store/transact.ts";

type ReconcilePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** What was found to disagree with the records, and mended. Zeros are the rule. */
export interface Reconciled {
  readonly sessions: number;
  readonly leases: number;
  readonly stranded: number;
  readonly notes: number;
}

/** Leases are at most as many as sessions and waits between parts; more is looked at next time. */
const ROWS_MAX = 1_000;

/**
 * Rebuilds from the records what is derived from them: the budget's sessions, leases on machines,
 * the line behind a machine, notes of owed results. In a sound ledger it finds nothing; it is here
 * for the bug nobody knows yet and for the hand that edits a row.
 */
export async function reconcile(ports: ReconcilePorts): Promise<Reconciled> {
  const leases = await mendLeases(ports);
  const sessions = await mendSessions(ports);
  const stranded = await bringForward(ports);
  const notes = await dropNotes(ports);
  const found = { sessions, leases, stranded, notes };
  if (sessions + leases + stranded + notes > 0) ports.log("error", "reconciled", found);
  return found;
}

/** A lease whose sequence is gone or does not hold the machine is nobody's. */
async function mendLeases({ ledger }: ReconcilePorts): Promise<number> {
  let mended = 0;
  for (const row of await ledger.list(MACHINES.from, MACHINES.before, ROWS_MAX)) {
    const { sequenceId } = machineSchema.parse(row.body);
    const record = await loadSequence(ledger, sequenceId);
    if (record !== null && holdsMachine(record.value)) continue;
    const outcome = await ledger.commit([{ op: "delete", key: row.key, etag: row.etag }]);
    if (outcome.kind === "committed") mended += 1;
  }
  return mended;
}

/**
 * Every sequence with a session has a lease, so the leases name them all. The budget is read first:
 * whatever is claimed or released meanwhile makes the write fail, and it is looked at anew.
 */
async function mendSessions(ports: ReconcilePorts): Promise<number> {
  const mended = await tryTransact(ports, usual("the budget"), async (tx) => {
    const budget = await loadBudget(tx);
    const sessions = await sessionsHeld(tx);
    const wrong = differences(budget.value.sessions, sessions);
    if (wrong === 0) return 0;
    const known = new Map(budget.value.sessions.map((each) => [each.sequenceId, each]));
    const renewing = sessions.map((each) => renewed(known.get(each.sequenceId), each));
    changeBudget(tx, budget, { ...budget.value, sessions: renewing });
    return wrong;
  });
  return mended.kind === "done" ? mended.value : 0;
}

async function sessionsHeld(ledger: LedgerReads): Promise<Budget["sessions"]> {
  const leases = await ledger.list(MACHINES.from, MACHINES.before, ROWS_MAX);
  const records = await Promise.all(
    leases.map(async (row) => await loadSequence(ledger, machineSchema.parse(row.body).sequenceId)),
  );
  return records
    .filter((each) => each !== null)
    .filter((each) => holdsSession(each.value))
    .map((each) => sessionOf(each.value));
}

function differences(a: Budget["sessions"], b: Budget["sessions"]): number {
  const inA = idsOf(a);
  const inB = idsOf(b);
  const onlyA = a.filter((each) => !inB.has(each.sequenceId)).length;
  const onlyB = b.filter((each) => !inA.has(each.sequenceId)).length;
  return a.length - inA.size + onlyA + onlyB;
}

function idsOf(sessions: Budget["sessions"]): Set<string> {
  return new Set(sessions.map((each) => each.sequenceId));
}

/**
 * Sequences behind a machine that nobody holds: more than came forward at once, or left behind by a
 * bug.
 */
async function bringForward({ ledger }: ReconcilePorts): Promise<number> {
  let moved = 0;
  for (const row of await ledger.list(BEHIND.from, BEHIND.before, ROWS_MAX)) {
    if ((await loadLease(ledger, machineIdBehind(row.key))) !== null) continue;
    const record = await loadSequence(ledger, sequenceIdIn(row.key));
    const outcome = await ledger.commit(
      record?.value.place?.kind === "behind" ? forward(record) : [deletion(row)],
    );
    if (outcome.kind === "committed") moved += 1;
  }
  return moved;
}

function forward(record: Stored<SequenceRecord>) {
  return move(record, park(record.value, { kind: "ready" }, null));
}

async function dropNotes({ ledger }: ReconcilePorts): Promise<number> {
  let dropped = 0;
  for (const row of await ledger.list(OWED_RESULTS.from, OWED_RESULTS.before, ROWS_MAX)) {
    const record = await loadSequence(ledger, sequenceIdIn(row.key));
    if (record !== null && owesResults(record.value)) continue;
    const outcome = await ledger.commit([deletion(row)]);
    if (outcome.kind === "committed") dropped += 1;
  }
  return dropped;
}

function deletion(row: Row) {
  return { op: "delete", key: row.key, etag: row.etag } as const;
}
