import type { AuditFacts } from "../evidence/audit.ts";
import { BUDGET_KEY, TURN } from "../ledger/keys.ts";
import type { RowChange } from "../ledger/rows.ts";
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

const TRIES = 10;
const JITTER_MS = 200;

/** The budget among rows that were read together with it; its first value if it is not there. */
export function budgetIn(rows: readonly Row[]): MaybeStored<Budget> {
  const row = rows.find((each) => each.key === BUDGET_KEY);
  return row === undefined
    ? { value: FIRST_BUDGET, etag: null }
    : { value: budgetSchema.parse(row.body), etag: row.etag };
}

/** The budget and up to `limit` ready keys, the next to go first, in one request. */
export async function readTurn(
  ledger: LedgerReads,
  limit: number,
): Promise<{ budget: MaybeStored<Budget>; ready: readonly string[] }> {
  const rows = await ledger.list(TURN.from, TURN.before, limit + 1);
  const ready = rows.map((row) => row.key).filter((key) => key !== BUDGET_KEY);
  return { budget: budgetIn(rows), ready: ready.slice(0, limit) };
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
