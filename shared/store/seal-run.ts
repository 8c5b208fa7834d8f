import { statementOf, statementText, type Statement } from "../evidence/statement.ts";
import { OVER, overKey, runIdOfOver, sealKey } from "../ledger/row/keys.ts";
import { runChange, type RunRecord } from "../ledger/run/run.ts";
import { sorted } from "../ledger/row/set-aside.ts";
import { nextSeal, overSchema, wantsSeal } from "../ledger/run/seal.ts";
import type { RowChange, Stored } from "../ledger/sequence/rows.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { LedgerReads, Ports, Row } from "../ports.ts";
import { listSequences } from "./list-sequences.ts";
import { budgetChange, loadBudget, loadRun } from "./load.ts";
import { rowsWithin, type Outstanding } from "./outstanding.ts";
import { noteSetAside, unlessSetAside } from "./set-aside.ts";
import { transact, usual, type Store, type Transaction } from "./transact.ts";

type SealPorts = Store & Pick<Ports, "log">;

/** Runs end seldom; if there are more than these, the next poll seals the rest. */
const SEALS_PER_POLL = 10;
/** As JSON they are at most twice as many characters, and a row takes that. */
const PIECE_CHARACTERS = 200_000;

/** The result; `tooLarge`: no transaction takes the statement. */
type Sealing = "sealed" | "notOver" | "tooLarge";

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
  ports.log(came === "sealed" ? "info" : "error", "runSealed", {
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
  tx.stage([runChange({ value: run, etag }, body)]);
}

/**
 * The pieces of the seal, and the run that names it. The budget is written as it was read: if the
 * queue's log has gone on meanwhile, the seal would not be of one instant, and loses.
 */
async function stageSeal(
  { clock }: Store,
  tx: Transaction,
  before: Stored<RunRecord>,
): Promise<{ run: RunRecord; came: Sealing }> {
  const run = before.value;
  if (!wantsSeal(run)) return { run, came: "notOver" };
  const atMs = Math.floor(clock.earliest());
  const budget = await loadBudget(tx);
  const queue = budget.value.audit;
  const statement = await statementNow(tx, run, { as: "seal", queue, atMs });
  const { text, hash } = statementText(statement);
  const { accepted, custody } = run;
  const number = nextSeal(run);
  const sealed = { ...run, seal: { number, hash, atMs, accepted, custody } };
  const pieces = piecesOf(run.runId, number, text);
  tx.stage([budgetChange(budget, budget.value), runChange(before, sealed), ...pieces]);
  if (tx.fits()) return { run: sealed, came: "sealed" };
  tx.forget();
  return { run, came: "tooLarge" };
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

function piecesOf(runId: string, number: number, text: string): RowChange[] {
  const pieces: RowChange[] = [];
  for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
    const body = { v: 1, text: text.slice(from, from + PIECE_CHARACTERS) };
    pieces.push({ op: "insert", key: sealKey(runId, number, pieces.length), body });
  }
  return pieces;
}
