import { z } from "zod";
import { RATE_TOKEN_PAUSED_KEY } from "../ledger/row/keys.ts";
import { fineInstant } from "../ledger/row/instant.ts";
import { rowObject } from "../ledger/row/row-object.ts";
import { valueOf } from "../ledger/row/set-aside.ts";
import type { Ledger } from "../ports.ts";
import { factAbout } from "./audit.ts";
import { changeBudget } from "./change-budget.ts";
import { loadBudget } from "./load.ts";
import type { Outstanding } from "./outstanding.ts";
import { commitOnce, tryTransact, usual, type Store, type Transaction } from "./transact.ts";

export const pauseNoteSchema = rowObject({
  v: z.literal(1),
  by: z.string(),
  why: z.string(),
  atMs: fineInstant,
});

/**
 * A pause by somebody who could not read the budget. It counts as if it were in the budget, and a
 * version that can read the budget writes it there.
 */
export type PauseNote = z.infer<typeof pauseNoteSchema>;

/** The present note; null if there is none. */
export async function loadPauseNote(ledger: Ledger): Promise<PauseNote | null> {
  const row = await ledger.read(RATE_TOKEN_PAUSED_KEY);
  return row === null ? null : valueOf(pauseNoteSchema, row);
}

/** Pauses while the budget cannot be read. One pause is enough: the first stays. */
export async function notePause(ledger: Ledger, note: PauseNote): Promise<void> {
  await commitOnce({ ledger }, [{ op: "insert", key: RATE_TOKEN_PAUSED_KEY, body: note }]);
}

/** Stages the deletion of the note, if there is one: now the budget says what counts. */
export async function dropPauseNote(tx: Transaction): Promise<void> {
  const row = await tx.read(RATE_TOKEN_PAUSED_KEY);
  if (row !== null) tx.stage([{ op: "delete", key: row.key, etag: row.etag }]);
}

/** Writes a noted pause into the budget and its log, in the place of the note. */
export async function takeOverPause(store: Store, { rows }: Outstanding): Promise<void> {
  const row = rows.find(({ key }) => key === RATE_TOKEN_PAUSED_KEY);
  if (row === undefined) return;
  const { by, why, atMs } = valueOf(pauseNoteSchema, row);
  const fact = factAbout("paused", [], { atMs, by, detail: why });
  await tryTransact(store, usual("the budget"), async (tx) => {
    // Somebody else has written it into the budget, or resumed.
    if (tx.lost?.key === row.key) return;
    const budget = await loadBudget(tx);
    const paused = budget.value.paused ?? { by, why, atMs };
    changeBudget(tx, budget, { ...budget.value, paused }, [fact]);
    tx.stage([{ op: "delete", key: row.key, etag: row.etag }]);
  });
}
