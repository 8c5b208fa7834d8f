import { RATE_TOKEN_KEY, machineKey, ASKED_KEY, runKey, sequenceKey } from "../ledger/row/keys.ts";
import {
  machineSchema,
  type MachineLease,
  type RowChange,
  type Stored,
} from "../ledger/sequence/rows.ts";
import { orSetAside, SetAside, sorted, valueOf } from "../ledger/row/set-aside.ts";
import { runSchema, type RunRecord } from "../ledger/run/run.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence/sequence.ts";
import { budgetSchema, FIRST_BUDGET, type Budget } from "../limits/pace/budget.ts";
import { FIRST_READS, readsSchema, type Reads } from "../limits/pace/reads.ts";
import type { LedgerReads, Row } from "../ports.ts";

/** A row that may not exist yet. Then it has its first value and no ETag. */
export interface MaybeStored<T> {
  readonly value: T;
  readonly etag: string | null;
}

/*
 * Rows are parsed when they are read; one that does not fit throws `SetAside`, for nothing may be
 * decided on it.
 */

export async function loadBudget(ledger: LedgerReads): Promise<MaybeStored<Budget>> {
  return budgetOf(await ledger.read(RATE_TOKEN_KEY));
}

/** The budget among rows that were read together with it; its first value if it is not there. */
export function budgetIn(rows: readonly Row[]): MaybeStored<Budget> {
  return budgetOf(rows.find(({ key }) => key === RATE_TOKEN_KEY) ?? null);
}

/** A poll asks one row for its budget at six places; it is the largest row, and is parsed once. */
const budgets = new WeakMap<object, Budget>();

function budgetOf(row: Row | null): MaybeStored<Budget> {
  if (row === null) return { value: FIRST_BUDGET, etag: null };
  const { body, etag } = row;
  if (typeof body !== "object" || body === null) return { value: valueOf(budgetSchema, row), etag };
  const value = budgets.get(body) ?? valueOf(budgetSchema, row);
  budgets.set(body, value);
  return { value, etag };
}

/** The budget; null if it is set aside. */
export async function loadReadableBudget(ledger: LedgerReads): Promise<MaybeStored<Budget> | null> {
  const budget = await orSetAside(loadBudget(ledger));
  return budget instanceof SetAside ? null : budget;
}

/**
 * The end of the line, for sequences that join it. It is only for the order, so it is 0 if it is
 * not known.
 */
export async function lastPass(ledger: LedgerReads): Promise<number> {
  return (await loadReadableBudget(ledger))?.value.pass ?? 0;
}

export async function loadReads(ledger: LedgerReads): Promise<MaybeStored<Reads>> {
  const row = await ledger.read(ASKED_KEY);
  return row === null
    ? { value: FIRST_READS, etag: null }
    : { value: valueOf(readsSchema, row), etag: row.etag };
}

export async function loadSequence(
  ledger: LedgerReads,
  sequenceId: string,
): Promise<Stored<SequenceRecord> | null> {
  const row = await ledger.read(sequenceKey(sequenceId));
  return row === null ? null : { value: valueOf(sequenceSchema, row), etag: row.etag };
}

/** The same; also null if it is set aside, for callers that go on without it. */
export async function readableSequence(
  ledger: LedgerReads,
  sequenceId: string,
): Promise<Stored<SequenceRecord> | null> {
  const row = await ledger.read(sequenceKey(sequenceId));
  const [found] = row === null ? [] : sorted(sequenceSchema, [row]).readable;
  return found === undefined ? null : { value: found.value, etag: found.row.etag };
}

export async function loadRun(
  ledger: LedgerReads,
  runId: string,
): Promise<Stored<RunRecord> | null> {
  const row = await ledger.read(runKey(runId));
  return row === null ? null : { value: valueOf(runSchema, row), etag: row.etag };
}

export async function loadLease(
  ledger: LedgerReads,
  machineId: string,
): Promise<Stored<MachineLease> | null> {
  const row = await ledger.read(machineKey(machineId));
  return row === null ? null : { value: valueOf(machineSchema, row), etag: row.etag };
}

/** The change that writes the budget in the place of `stored`. */
export function budgetChange(stored: MaybeStored<Budget>, value: Budget): RowChange {
  return written(RATE_TOKEN_KEY, stored.etag, value);
}

/** The run as it was read. If somebody has written it meanwhile, the transaction loses. */
export function unchanged({ value, etag }: Stored<RunRecord>): RowChange {
  return { op: "replace", key: runKey(value.runId), body: value, etag };
}

export function readsChange(stored: MaybeStored<Reads>, value: Reads): RowChange {
  return written(ASKED_KEY, stored.etag, value);
}

function written(key: string, etag: string | null, body: unknown): RowChange {
  return etag === null ? { op: "insert", key, body } : { op: "replace", key, body, etag };
}
