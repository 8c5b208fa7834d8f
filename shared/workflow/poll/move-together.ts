import { RATE_TOKEN_KEY } from "../../ledger/row/keys.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Row } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { moveSequence } from "../../store/change-sequence.ts";
import { withDecisions } from "../../store/link-decisions.ts";
import { loadBudget } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { tryTransact, usual, type Transaction } from "../../store/transact.ts";
import {
  budgetAfterMove,
  commitMove,
  tellMoved,
  type PollContext,
  type Loaded,
} from "./apply-judgement.ts";

/** An open sequence, and its new record. */
export interface Moving {
  readonly loaded: Loaded;
  readonly after: SequenceRecord;
}

/** Each move writes about three rows, and those of its callbacks. */
const MOVES_PER_COMMIT = 8;

/**
 * Commits the moves of one poll, several in a transaction, because they share the budget and often
 * the run. If such a transaction loses against somebody else, is too large, or needs a row that is
 * set aside, each of its moves is tried alone. Returns how many records changed.
 */
export async function moveTogether(
  context: PollContext,
  moves: readonly Moving[],
): Promise<number> {
  // If others wait behind its machine, they are let forward in the same transaction. These are too
  // many rows to share one with other moves.
  const together = moves.filter(({ loaded }) => loaded.lease?.value.waiters === false);
  const alone = moves.filter((each) => !together.includes(each));
  let moved = 0;
  for (let from = 0; from < together.length; from += MOVES_PER_COMMIT) {
    const some = together.slice(from, from + MOVES_PER_COMMIT);
    const isTogether =
      some.length > 1 &&
      (await unlessSetAside(context.ports, false, () => commitTogether(context, some)));
    if (isTogether) moved += some.length;
    else alone.push(...some);
  }
  for (const { loaded, after } of alone) {
    const moves = () => commitMove(context, loaded, after);
    if (await unlessSetAside(context.ports, false, moves)) moved += 1;
  }
  return moved;
}

async function commitTogether(
  { ports, noted }: PollContext,
  moves: readonly Moving[],
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const facts = moves.map(({ loaded, after }) => factOfMove(loaded.before.value, after, nowMs));
  const known = new Map<string, Row | null>();
  const moving = await tryTransact(ports, usual("the budget"), async (tx) => {
    if (tx.lost !== null && tx.lost.key !== RATE_TOKEN_KEY) return false;
    const budget = await loadBudget(tx);
    const next = moves.reduce(
      (current, { loaded, after }) => budgetAfterMove(current, loaded.before.value, after, nowMs),
      noted(budget.value),
    );
    const written = changeBudget(tx, budget, next, grouped(facts));
    const once = readingOnce(tx, known);
    for (const { loaded, after } of moves) {
      const { before, lease } = loaded;
      const linked = withDecisions(before.value, after, written);
      await moveSequence(once, { before, after: linked, nowMs }, { lease });
    }
    if (tx.fits()) return true;
    tx.forget();
    return false;
  });
  const isMoved = moving.kind === "done" && moving.value;
  if (isMoved) for (const { after } of moves) await tellMoved(ports, after);
  return isMoved;
}

/**
 * After a race lost on the budget the other rows are still as read, so it goes on. A race lost on
 * another row ends it.
 */
function readingOnce(tx: Transaction, known: Map<string, Row | null>): Transaction {
  return {
    ...tx,
    read: async (key) => {
      if (tx.writes(key)) return await tx.read(key);
      const row = known.get(key) ?? (await tx.read(key));
      known.set(key, row);
      return row;
    },
  };
}
