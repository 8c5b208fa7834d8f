import type { RowChange } from "../../ledger/rows.ts";
import { owesResults } from "../../ledger/sequence.ts";
import type { Ledger } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { budgetAfterMove, commitMove, type Carrying, type Open } from "./apply-judgement.ts";
import { changesFor } from "../../store/change-sequence.ts";
import { commitHolding } from "../../store/held-budget.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { SequenceRecord } from "../../ledger/sequence.ts";

/** An open sequence, and the record as it should stand. */
export interface Moving {
  readonly open: Open;
  readonly after: SequenceRecord;
}

/** Each writes about three rows; those of callbacks come on top. */
const MOVES_PER_COMMIT = 8;
/** The budget and its log come on top: under the hundred of a transaction (Table service). */
const ROWS_MAX = 90;

/**
 * Commits what one look moves, several in a transaction: they share the budget, and often their
 * run. Where that loses against somebody else, or one needs a row that is set aside, each is tried
 * alone. Returns how many records
 * changed.
 */
export async function moveTogether(carrying: Carrying, moves: readonly Moving[]): Promise<number> {
  // Those behind a machine come forward with it, more rows than several moves can share.
  const together = moves.filter(({ open }) => open.lease?.value.waiters === false);
  const alone = moves.filter((each) => !together.includes(each));
  let moved = 0;
  for (let from = 0; from < together.length; from += MOVES_PER_COMMIT) {
    const some = together.slice(from, from + MOVES_PER_COMMIT);
    const isTogether =
      some.length > 1 &&
      (await unlessSetAside(carrying.ports, false, () => commitTogether(carrying, some)));
    if (isTogether) moved += some.length;
    else alone.push(...some);
  }
  for (const { open, after } of alone) {
    const moves = () => commitMove(carrying, open, after);
    if (await unlessSetAside(carrying.ports, false, moves)) moved += 1;
  }
  return moved;
}

async function commitTogether(
  { ports, held, noted }: Carrying,
  moves: readonly Moving[],
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  // Made once: a race lost for the budget changes nothing of them, and one lost for them ends it.
  const rows = await changesOfAll(ports.ledger, moves, nowMs);
  if (rows.length > ROWS_MAX) return false;
  const facts = moves.map(({ open, after }) => factOfMove(open.before.value, after, nowMs));
  const outcome = await commitHolding(
    ports,
    held,
    (budget) =>
      moves.reduce(
        (next, { open, after }) => budgetAfterMove(next, open.before.value, after, nowMs),
        noted(budget),
      ),
    {
      changes: async () => rows,
      facts: grouped(facts),
    },
  );
  if (outcome === "overtaken") return false;
  for (const { after } of moves) {
    ports.log("info", "moved", { sequenceId: after.sequenceId, state: after.state });
    if (owesResults(after)) await ports.bells.ringCollect(after.sequenceId, 0);
  }
  return true;
}

/** Each is made on what those before it leave behind: two ends of one run count it down twice. */
async function changesOfAll(
  ledger: Ledger,
  moves: readonly Moving[],
  nowMs: number,
): Promise<RowChange[]> {
  const pending = new Map<string, RowChange>();
  const ports = { ledger: overlaid(ledger, pending) };
  for (const { open, after } of moves) {
    const { before, lease } = open;
    const known = { lease, isWithBudget: true };
    for (const change of await changesFor(ports, { before, after, nowMs }, known)) {
      pending.set(change.key, change);
    }
  }
  return [...pending.values()];
}

/** The ledger as it would be read with what is pending; every row keeps the ETag it has there. */
function overlaid(ledger: Ledger, pending: ReadonlyMap<string, RowChange>): Ledger {
  return {
    read: async (key) => {
      const change = pending.get(key);
      return change?.op === "replace"
        ? { key, body: change.body, etag: change.etag }
        : await ledger.read(key);
    },
    list: async (from, before, limit) => await ledger.list(from, before, limit),
    commit: async (changes) => await ledger.commit(changes),
  };
}
