import type { AuditFacts } from "../evidence/audit.ts";
import { BUDGET_KEY, isWithin, PAUSE_NOTE_KEY, READY, TURN } from "../ledger/keys.ts";
import type { RowChange } from "../ledger/rows.ts";
import { valueOf } from "../ledger/set-aside.ts";
import { budgetSchema, FIRST_BUDGET, type Budget } from "../limits/budget.ts";
import type { LedgerReads, Ports, Row } from "../ports.ts";
import { auditedBudget } from "./audit.ts";
import { budgetChange, loadBudget, type MaybeStored } from "./load.ts";

/**
 * The budget as this invocation last read or wrote it, so that several commits in a row need not
 * read it again. It is always only a guess: the ETag finds out.
 */
export interface HeldBudget {
  stored: MaybeStored<Budget>;
}

/** The most the Table service gives at once. */
const PAGE = 1_000;
const TRIES = 10;
const JITTER_MS = 200;

/** The budget among rows that were read together with it; its first value if it is not there. */
export function budgetIn(rows: readonly Row[]): MaybeStored<Budget> {
  const row = rows.find((each) => each.key === BUDGET_KEY);
  return row === undefined
    ? { value: FIRST_BUDGET, etag: null }
    : { value: valueOf(budgetSchema, row), etag: row.etag };
}

/** The budget, whether a pause is noted beside it, and who is ready, the next to go first. */
export interface TurnRows {
  readonly budget: MaybeStored<Budget>;
  readonly isPauseNoted: boolean;
  /** Keys of ready rows. */
  readonly ready: readonly string[];
}

/** All that in one request, with up to `limit` ready rows. */
export async function readTurn(ledger: LedgerReads, limit: number): Promise<TurnRows> {
  const rows = await ledger.list(TURN.from, TURN.before, Math.min(limit + 1, PAGE));
  const keys = rows.map((row) => row.key);
  const ready = keys.filter((key) => isWithin(key, READY)).slice(0, limit);
  return { budget: budgetIn(rows), isPauseNoted: keys.includes(PAUSE_NOTE_KEY), ready };
}

/**
 * What goes into the transaction beside the budget: other rows, and facts for the audit log; and
 * what has to hold of the budget that is written, or else nothing is.
 */
export interface Beside {
  readonly holds?: (budget: Budget) => boolean;
  readonly changes?: () => Promise<readonly RowChange[]>;
  readonly facts?: readonly AuditFacts[];
}

/**
 * Commits a change of the budget, and with it what `changes` gives. A lost race for the budget
 * means doing it again on what stands now; any other conflict is the caller's: `overtaken`, by
 * somebody whose word stands. A change that leaves the budget as it is, with nothing else to write,
 * costs nothing.
 */
export async function commitHolding(
  { ledger, clock, random }: Pick<Ports, "ledger" | "clock" | "random">,
  held: HeldBudget,
  change: (budget: Budget) => Budget,
  { changes = nothingElse, facts = [], holds = () => true }: Beside = {},
): Promise<"committed" | "overtaken"> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (!holds(held.stored.value)) return "overtaken";
    const changed = change(held.stored.value);
    const others = await changes();
    if (changed === held.stored.value && others.length + facts.length === 0) return "committed";
    const { budget: next, rows } = auditedBudget(changed, facts);
    const outcome = await ledger.commit([budgetChange(held.stored, next), ...others, ...rows]);
    if (outcome.kind === "committed") {
      held.stored = { value: next, etag: outcome.etags.get(BUDGET_KEY) ?? null };
      return "committed";
    }
    if (outcome.key !== null && outcome.key !== BUDGET_KEY) return "overtaken";
    await clock.sleep(random.fraction() * JITTER_MS);
    held.stored = await loadBudget(ledger);
  }
  return "overtaken";
}

async function nothingElse(): Promise<readonly RowChange[]> {
  return [];
}
