import { isoOf } from "../ledger/row/instant.ts";
import { orSetAside, SetAside } from "../ledger/row/set-aside.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { LedgerReads } from "../ports.ts";
import { loadBudget } from "../store/load.ts";
import { describeLockout, lockoutInWords } from "../workflow/view/describe-lockout.ts";
import { found, ok, type Finding } from "./finding.ts";

const CHECK = "Defender and the app";
const UPDATE = "Run the version of the app that wrote it; docs/api.md, rows that are set aside.";

/** The findings, and the budget if it can be read. */
export interface LedgerFound {
  readonly findings: readonly Finding[];
  readonly budget: Budget | null;
}

/**
 * What the app wrote down about itself: what Defender refused to it, whether somebody has paused
 * it, and rows that it cannot read. Throws if storage is out of reach.
 */
export async function checkLedger(ledger: LedgerReads): Promise<LedgerFound> {
  const budget = await orSetAside(loadBudget(ledger));
  if (budget instanceof SetAside) {
    const what = `This version of the app submits nothing, because it cannot read it: ${budget.why}`;
    return { findings: [found("error", "budget", what, UPDATE)], budget: null };
  }
  const { value, etag } = budget;
  const first = etag === null ? ok(CHECK, "The app has asked for nothing yet.") : lockout(value);
  return { findings: [first, ...pause(value), ...setAside(value)], budget: value };
}

/** In the place of the above, if the ledger cannot be read. */
export function ledgerUnread(): Finding {
  const fix = "Read the findings about the table first.";
  return found("unknown", CHECK, "The app's ledger could not be read.", fix);
}

function lockout(budget: Budget): Finding {
  const refused = describeLockout(budget);
  if (refused === null) return ok(CHECK, "It lets the app in.");
  return found("error", CHECK, lockoutInWords(refused), refused.remedy);
}

function pause({ paused }: Budget): Finding[] {
  if (paused === null) return [];
  const what = `${paused.by} paused lrq at ${isoOf(paused.atMs)}, so it submits nothing: ${paused.why}`;
  const fix = "When the reason for it is gone, send POST /api/resume.";
  return [found("warning", "submissions", what, fix)];
}

/** How many; their names are for those whose rights reach them, and `GET status` has them. */
function setAside({ setAside: rows }: Budget): Finding[] {
  if (rows.length === 0) return [];
  const what = `${rows.length}, which the app cannot read and does not write; status names them.`;
  return [found("warning", "rows set aside", what, UPDATE)];
}
