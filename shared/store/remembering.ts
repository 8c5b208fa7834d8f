import { isWithin, type KeyRange } from "../ledger/row/key-range.ts";
import { RATE_TOKEN_KEY } from "../ledger/row/keys.ts";
import type { RowChange } from "../ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger, Row } from "../ports.ts";

/** The ledger as one invocation knows it. */
export interface Remembering extends Ledger {
  /** True if a row of the range was among what this invocation has tried to write. */
  wrote(range: KeyRange): boolean;
}

/**
 * The ledger for an invocation that writes the budget again and again. It does not read the budget
 * again until a commit loses against it. The remembered budget is a guess and may be old: a commit
 * with its ETag then loses. A list always shows the present rows.
 */
export function remembering(ledger: Ledger): Remembering {
  /** Null if there is none yet, undefined while nobody knows. */
  let budget: Row | null | undefined;
  const written: string[] = [];
  return {
    read: async (key) => {
      if (key !== RATE_TOKEN_KEY) return await ledger.read(key);
      if (budget === undefined) budget = await ledger.read(key);
      return budget;
    },
    list: async (from, before, limit) => {
      const rows = await ledger.list(from, before, limit);
      const reached = rows.length < limit || (rows.at(-1)?.key ?? "") >= RATE_TOKEN_KEY;
      if (reached && isWithin(RATE_TOKEN_KEY, { from, before })) budget = budgetRowIn(rows);
      return rows;
    },
    commit: async (changes) => {
      written.push(...changes.map(({ key }) => key));
      const before = budget;
      // If it throws, the present value is not known.
      budget = undefined;
      const outcome = await ledger.commit(changes);
      budget = budgetAfter(before, changes, outcome);
      return outcome;
    },
    wrote: (range) => written.some((key) => isWithin(key, range)),
  };
}

function budgetRowIn(rows: readonly Row[]): Row | null {
  return rows.find(({ key }) => key === RATE_TOKEN_KEY) ?? null;
}

function budgetAfter(
  before: Row | null | undefined,
  changes: readonly RowChange[],
  outcome: CommitOutcome,
): Row | null | undefined {
  if (outcome.kind === "conflict") {
    return outcome.key === null || outcome.key === RATE_TOKEN_KEY ? undefined : before;
  }
  const change = changes.find(({ key }) => key === RATE_TOKEN_KEY);
  if (change === undefined) return before;
  const etag = outcome.etags.get(RATE_TOKEN_KEY);
  return change.op === "delete" || etag === undefined
    ? undefined
    : { key: RATE_TOKEN_KEY, body: change.body, etag };
}
