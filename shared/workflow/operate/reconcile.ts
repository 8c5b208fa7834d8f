import type { KeyRange } from "../../ledger/row/key-range.ts";
import {
  BEHIND,
  machineIdBehind,
  machineIdIn,
  MACHINE,
  OWED,
  sequenceIdIn,
} from "../../ledger/row/keys.ts";
import { makeReady } from "../../ledger/sequence/moves.ts";
import { machineSchema, move, type RowChange, type Stored } from "../../ledger/sequence/rows.ts";
import {
  holdsMachine,
  holdsSession,
  owesResults,
  type SequenceRecord,
} from "../../ledger/sequence/sequence.ts";
import { SetAside, valueOf } from "../../ledger/row/set-aside.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { renewed, sessionOf, type Session } from "../../limits/pace/session.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { loadBudget, loadLease, loadSequence } from "../../store/load.ts";
import { mendSummaries } from "../../store/mend-summaries.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { commitOnce, tryTransact, usual } from "../../store/transact.ts";

type ReconcilePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** What differed from the records and was corrected. Usually all are 0. */
export interface Reconciled {
  readonly sessions: number;
  readonly leases: number;
  readonly stranded: number;
  readonly notes: number;
}

/** Leases are at most as many as sessions and waits between parts; the next run reads the rest. */
const ROWS_MAX = 1_000;

/**
 * Rebuilds from the records what is derived from them: the budget's sessions, leases on machines,
 * the line behind a machine, notes of owed results. In a correct ledger it finds nothing. It exists
 * for bugs that nobody knows yet, and for people who edit a row. Then it goes on with the summaries
 * of runs, which older versions of the app do not write.
 */
export async function reconcile(ports: ReconcilePorts): Promise<Reconciled> {
  const leases = await mendLeases(ports);
  const sessions = await unlessSetAside(ports, 0, () => mendSessions(ports));
  const stranded = await bringForward(ports);
  const notes = await dropNotes(ports);
  const found = { sessions, leases, stranded, notes };
  if (sessions + leases + stranded + notes > 0) ports.log("error", "reconciled", found);
  await unlessSetAside(ports, 0, () => mendSummaries(ports));
  return found;
}

/** A lease belongs to no sequence if its sequence is gone or does not hold the machine. */
async function mendLeases(ports: ReconcilePorts): Promise<number> {
  return await countMended(ports, MACHINE, async (row) => {
    const { sequenceId } = valueOf(machineSchema, row);
    const record = await loadSequence(ports.ledger, sequenceId);
    return record !== null && holdsMachine(record.value) ? null : [deletion(row)];
  });
}

/** In how many rows of a range something is wrong; `mend` tells the changes, or null for none. */
async function countMended(
  ports: ReconcilePorts,
  { from, before }: KeyRange,
  mend: (row: Row) => Promise<readonly RowChange[] | null>,
): Promise<number> {
  let mended = 0;
  for (const row of await ports.ledger.list(from, before, ROWS_MAX)) {
    const changes = await unlessSetAside(ports, null, async () => await mend(row));
    if (changes !== null && (await commitOnce(ports, changes))) mended += 1;
  }
  return mended;
}

/**
 * Every sequence with a session has a lease, so the leases name them all. The budget is read first:
 * if something is claimed or released meanwhile, the write fails, and it reads again.
 */
async function mendSessions(ports: ReconcilePorts): Promise<number> {
  const mended = await tryTransact(ports, usual("the budget"), async (tx) => {
    const budget = await loadBudget(tx);
    const sessions = await sessionsOfLeases(tx, budget.value.sessions);
    const wrong = differences(budget.value.sessions, sessions);
    if (wrong > 0) changeBudget(tx, budget, { ...budget.value, sessions });
    return wrong;
  });
  return mended.kind === "done" ? mended.value : 0;
}

async function sessionsOfLeases(
  ledger: LedgerReads,
  known: Budget["sessions"],
): Promise<Budget["sessions"]> {
  const leases = await ledger.list(MACHINE.from, MACHINE.before, ROWS_MAX);
  const found = await Promise.all(leases.map(async (row) => await sessionBy(ledger, row, known)));
  return found.filter((each) => each !== null);
}

/** The session of the sequence that holds a machine; if that cannot be read, the known session. */
async function sessionBy(
  ledger: LedgerReads,
  lease: Row,
  known: Budget["sessions"],
): Promise<Session | null> {
  try {
    const record = await loadSequence(ledger, valueOf(machineSchema, lease).sequenceId);
    if (record === null || !holdsSession(record.value)) return null;
    const { sequenceId } = record.value;
    const before = known.find((each) => each.sequenceId === sequenceId);
    return renewed(before, sessionOf(record.value));
  } catch (error) {
    if (!(error instanceof SetAside)) throw error;
    return known.find(({ machineId }) => machineId === machineIdIn(lease.key)) ?? null;
  }
}

function differences(a: Budget["sessions"], b: Budget["sessions"]): number {
  const inA = idsOf(a);
  const inB = idsOf(b);
  const onlyA = a.filter((each) => !inB.has(each.sequenceId)).length;
  const onlyB = b.filter((each) => !inA.has(each.sequenceId)).length;
  return a.length - inA.size + onlyA + onlyB + unasked(a, b);
}

/** Sessions to cancel, if only the record says so. */
function unasked(before: Budget["sessions"], found: Budget["sessions"]): number {
  const unknowing = before.filter(({ glance }) => glance?.cancel === null);
  const ids = idsOf(unknowing);
  const asked = found.filter(({ glance }) => (glance?.cancel ?? null) !== null);
  return asked.filter((each) => ids.has(each.sequenceId)).length;
}

function idsOf(sessions: Budget["sessions"]): Set<string> {
  return new Set(sessions.map((each) => each.sequenceId));
}

/**
 * Sequences behind a machine that nobody holds: more than came forward at once, or left behind by a
 * bug.
 */
async function bringForward(ports: ReconcilePorts): Promise<number> {
  const { ledger } = ports;
  return await countMended(ports, BEHIND, async (row) => {
    if ((await loadLease(ledger, machineIdBehind(row.key))) !== null) return null;
    const record = await loadSequence(ledger, sequenceIdIn(row.key));
    const isBehind = record?.value.place?.kind === "behind";
    return isBehind ? forward(record, ports.clock.earliest()) : [deletion(row)];
  });
}

function forward(record: Stored<SequenceRecord>, nowMs: number) {
  return move(record, makeReady(record.value, nowMs));
}

async function dropNotes(ports: ReconcilePorts): Promise<number> {
  return await countMended(ports, OWED, async (row) => {
    const record = await loadSequence(ports.ledger, sequenceIdIn(row.key));
    return record !== null && owesResults(record.value) ? null : [deletion(row)];
  });
}

function deletion(row: Row) {
  return { op: "delete", key: row.key, etag: row.etag } as const;
}
