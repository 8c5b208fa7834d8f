import { statementOf, statementText, type Statement } from "../evidence/statement.ts";
import { OVER, overKey, runIdOfOver, sealKey } from "../ledger/row/keys.ts";
import type { RunRecord } from "../ledger/run/run.ts";
import { runChanges } from "../ledger/run/run-changes.ts";
import { sorted } from "../ledger/row/set-aside.ts";
import { nextSeal, overSchema, wantsSeal } from "../ledger/run/seal.ts";
import type { RowChange, Stored } from "../ledger/sequence/rows.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { LedgerReads, Ports, Row } from "../ports.ts";
import { listSequences } from "./list-sequences.ts";
import { budgetChange, loadBudget, loadRun } from "./load.ts";
import { rowsWithin, type Outstanding } from "./outstanding.ts";
import { noteSetAside, unlessSetAside } from "./set-aside.ts";
import { commitOnce, transact, usual, type Store, type Transaction } from "./transact.ts";

type SealPorts = Store & Pick<Ports, "log">;

/** Runs end seldom; if there are more than these, the next poll seals the rest. */
const SEALS_PER_POLL = 10;
/** As JSON they are at most twice as many characters, and a row takes that. */
const PIECE_CHARACTERS = 200_000;

/** So many of the largest pieces fit into one transaction, of 3 bytes a character at most. */
const PIECES_AT_ONCE = 6;

type Sealing = "sealed" | "notOver";

/** Seals runs that are over. It may run twice, and several may do it at once. */
export async function sealRuns(ports: SealPorts, outstanding: Outstanding): Promise<void> {
  const notes = await rowsWithin(ports.ledger, outstanding, OVER, SEALS_PER_POLL);
  const { readable, aside } = sorted(overSchema, notes);
  for (const each of aside) await noteSetAside(ports, each);
  for (const { row } of readable) {
    await unlessSetAside(ports, null, () => sealRun(ports, runIdOfOver(row.key), row));
  }
}

/**
 * Seals a run if it is finished and has no seal of its present state. The note that asks for the
 * seal is removed with it, if it is given. Null if there is no such run. Throws `SetAside` while a
 * row of the run, or the budget, cannot be read, because lrq seals only what it knows.
 */
export async function sealRun(
  ports: SealPorts,
  runId: string,
  note: Row | null = null,
): Promise<RunRecord | null> {
  let left = note;
  const { run, came } = await transact(ports, usual(`run ${runId}`), async (tx) => {
    if (tx.lost !== null && tx.lost.key === left?.key) left = null;
    const stored = await loadRun(tx, runId);
    const sealing: { run: RunRecord | null; came: Sealing } =
      stored === null ? { run: null, came: "notOver" } : await stageSeal(ports, tx, stored);
    const isNotOver = sealing.came === "notOver";
    if (isNotOver && stored !== null && left !== null) stageRecall(tx, stored, left);
    if (left !== null) tx.stage([{ op: "delete", key: left.key, etag: left.etag }]);
    return sealing;
  });
  if (came === "notOver") return run;
  ports.log("info", "runSealed", {
    runId,
    came,
    number: run?.seal?.number ?? 0,
    hash: run?.seal?.hash ?? "",
  });
  return run;
}

/** If a run has grown since its note was written, it asks again when it is over. */
function stageRecall(tx: Transaction, { value: run, etag }: Stored<RunRecord>, note: Row): void {
  if (run.finishedAtMs !== null || note.key !== overKey(run.runId, run.sealAsked)) return;
  const body = { ...run, sealAsked: nextSeal(run) - 1 };
  tx.stage(runChanges({ value: run, etag }, body));
}

/**
 * The pieces of the seal, and the run that names it. The budget is written as it was read: if the
 * queue's log has gone on meanwhile, the seal would not be of one instant, and loses.
 */
async function stageSeal(
  store: Store,
  tx: Transaction,
  before: Stored<RunRecord>,
): Promise<{ run: RunRecord; came: Sealing }> {
  const run = before.value;
  if (!wantsSeal(run)) return { run, came: "notOver" };
  const atMs = Math.floor(store.clock.earliest());
  const budget = await loadBudget(tx);
  const queue = budget.value.audit;
  const statement = await statementNow(tx, run, { as: "seal", queue, atMs });
  const { text, hash } = statementText(statement);
  const { accepted, custody } = run;
  const number = nextSeal(run);
  const sealed = { ...run, seal: { number, hash, atMs, accepted, custody } };
  const pieces = piecesOf(text, (piece) => sealKey(run.runId, number, piece));
  const named = [budgetChange(budget, budget.value), ...runChanges(before, sealed)];
  tx.stage([...named, ...pieces]);
  if (!tx.fits()) {
    tx.forget();
    await writePieces(store, run.runId, { number, hash, text });
    tx.stage(named);
  }
  return { run: sealed, came: "sealed" };
}

/**
 * Writes the pieces of a seal that no transaction takes, before the run names it. Their keys have
 * its hash: what another try has left there is the same text, or belongs to a seal that nobody
 * names.
 */
async function writePieces(
  store: Store,
  runId: string,
  { number, hash, text }: { readonly number: number; readonly hash: string; readonly text: string },
): Promise<void> {
  const pieces = piecesOf(text, (piece) => sealKey(runId, number, piece, hash));
  for (let from = 0; from < pieces.length; from += PIECES_AT_ONCE) {
    await commitOnce(store, pieces.slice(from, from + PIECES_AT_ONCE));
  }
}

/**
 * The run with its present sequences and the end of the queue's log. For a seal it throws
 * `SetAside` if one of them cannot be read.
 */
export async function statementNow(
  ledger: LedgerReads,
  run: RunRecord,
  { as, queue, atMs }: { as: "seal" | "unsealed"; queue: Budget["audit"] | null; atMs: number },
): Promise<Statement> {
  const { records, setAside } = await listSequences(ledger, run);
  const [unreadable] = setAside;
  if (as === "seal" && unreadable !== undefined) throw unreadable;
  return statementOf({ run, records, queue, atMs }, as);
}

function piecesOf(text: string, keyOf: (piece: number) => string): RowChange[] {
  const pieces: RowChange[] = [];
  for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
    const body = { v: 1, text: text.slice(from, from + PIECE_CHARACTERS) };
    pieces.push({ op: "insert", key: keyOf(pieces.length), body });
  }
  return pieces;
}
