import type { MachineAction } from "../ledger/sequence/machine-action.ts";
import { markIn } from "../ledger/sequence/mark.ts";
import { ownerOf, type Known } from "../limits/judge/judge-owner.ts";
import { runOfSequence } from "../plan/identity.ts";
import type { LedgerReads } from "../ports.ts";
import { readableSequence } from "../store/load.ts";
import { found, ok, type Finding } from "./finding.ts";

/** Each costs a read of the ledger, so only the newest are compared. Our own bound. */
const COMPARED_MAX = 1_000;
const AT_ONCE = 20;
const RUNS_NAMED = 20;

/** The ledger of a paused app, and what tells whose an action is. */
export interface PausedLedger extends Known {
  readonly ledger: LedgerReads;
}

/**
 * Actions with a mark of ours that the ledger does not know. If the ledger is a copy that was
 * restored, they are ours, from after the copy was made: their sequences would run again.
 */
export async function checkMarks(
  { ledger, ...about }: PausedLedger,
  actions: readonly MachineAction[],
): Promise<Finding> {
  const check = "marked actions";
  const marked = actions.filter(({ comment }) => markIn(comment) !== null);
  const compared = marked.slice(0, COMPARED_MAX);
  const unknown: MachineAction[] = [];
  for (let from = 0; from < compared.length; from += AT_ONCE) {
    const some = compared.slice(from, from + AT_ONCE);
    const isKnown = await Promise.all(some.map(async (each) => await knows(ledger, each, about)));
    unknown.push(...some.filter((_, at) => isKnown[at] !== true));
  }
  const most = compared.length < marked.length ? ` of ${marked.length}` : "";
  if (unknown.length === 0) return ok(check, `The ledger knows all ${compared.length}${most}.`);
  return found("error", check, said(unknown, `${compared.length}${most}`), FIX);
}

const FIX =
  "If the ledger is a restored copy, cancel these runs before you resume: what is in them would " +
  "run again. If it is not, ask the requestor of the actions.";

async function knows(ledger: LedgerReads, action: MachineAction, about: Known): Promise<boolean> {
  const mark = markIn(action.comment);
  const record = mark === null ? null : await readableSequence(ledger, mark.sequenceId);
  return record !== null && ownerOf(record.value, action, about).kind === "ours";
}

function said(unknown: readonly MachineAction[], compared: string): string {
  const runs = new Set(
    unknown.map(({ comment }) => runOfSequence(markIn(comment)?.sequenceId ?? "")),
  );
  const named = [...runs].slice(0, RUNS_NAMED).join(", ");
  const others = runs.size > RUNS_NAMED ? ` and ${runs.size - RUNS_NAMED} more` : "";
  return (
    `Of ${compared} actions of a week with a mark of lrq, the ledger does not know ` +
    `${unknown.length}. They name the runs ${named}${others}.`
  );
}
