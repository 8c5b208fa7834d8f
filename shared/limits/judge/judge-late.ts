import { withActionOf } from "../../ledger/sequence/claims.ts";
import { isGivenUp } from "../../ledger/sequence/given-up.ts";
import type { LateAction } from "../../ledger/sequence/late-action.ts";
import { isFinal, type MachineAction } from "../../ledger/sequence/machine-action.ts";
import { isUntouched } from "../../ledger/sequence/progress.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { sameMark, markOf, type Mark } from "../../ledger/sequence/mark.ts";
import type { Budget } from "../pace/budget.ts";
import type { Limits } from "../pace/limits.ts";
import { lostOf } from "../pace/lost-posts.ts";
import { factsOf, seenOf } from "../pace/session.ts";
import { isPresent, type Known } from "./judge-owner.ts";

/** What to do with an action of ours that belongs to no open session. */
export type LateJudgement =
  /** Not known yet: the answer to another POST of the sequence may still come. */
  | { readonly kind: "leave" }
  /** The sequence knows it already; or the action ended and nothing of it ran. */
  | { readonly kind: "forget" }
  /** The sequence has no other action, so it takes this one. */
  | { readonly kind: "adopt" }
  /** The sequence has another action, or is over; `late` is what its record keeps of this one. */
  | { readonly kind: "second"; readonly late: LateAction };

/**
 * True if a listed action with this mark may be news, and is not the action of an open session: an
 * action of a lost POST that a list shows for the first time or in a new state, or any other open
 * action. Other ended actions are no news, because lists go back an hour. Known impersonators are
 * no news either.
 */
export function isLateNews(
  budget: Budget,
  mark: Mark,
  action: MachineAction,
  limits: Limits,
): boolean {
  if (budget.impersonators.some(({ actionId }) => actionId === action.id)) return false;
  const isOver = isFinal(action.status);
  const lost = lostOf(budget.lost, mark);
  if (lost !== null) {
    // Once an action that is over was taken or noted, its POST is no longer among the lost ones.
    return isOver || !lost.cancelSent || seenOf(action).join() !== lost.seen?.join();
  }
  if (isOver) return false;
  const session = budget.sessions.find((each) => each.sequenceId === mark.sequenceId);
  if (session === undefined) return true;
  const facts = factsOf(session);
  const about: Known = { requestors: budget.requestors, limits };
  return facts !== null && !isPresent(facts, action, about);
}

/** Decides from the present record about an action that is ours by `ownerOf`. */
export function judgeLate(
  record: SequenceRecord,
  mark: Mark,
  action: MachineAction,
): LateJudgement {
  const isOver = isFinal(action.status);
  const known = record.late.find((each) => each.actionId === action.id);
  if (known !== undefined) return isFinal(known.status) ? FORGET : second(record, mark, action);
  const sawItEnd = record.actionStatus !== null && isFinal(record.actionStatus);
  const isCurrent = sameMark(mark, markOf(record));
  if (record.actionId === action.id || isCurrent) {
    // A list can be older than what the record has seen of the action.
    if (sawItEnd || (record.state === "submitted" && isCurrent)) return FORGET;
    // Defender answered a POST with the action of an earlier one; the open session judges it.
    if (record.state === "submitted") return { kind: "leave" };
  }
  if (isOver && isUntouched({ ...record, part: mark.part }, action)) return FORGET;
  if (mark.part !== record.part) return second(record, mark, action);
  if (record.state === "claimed") return { kind: "leave" };
  if (record.state !== "waiting" && record.state !== "unconfirmed") {
    return second(record, mark, action);
  }
  if (isGivenUp(record, mark)) return { kind: "adopt" };
  // An open session judges its own action. A waiting sequence may have given it up without a note.
  if (!isCurrent) return second(record, mark, action);
  return { kind: record.state === "waiting" ? "adopt" : "leave" };
}

const FORGET = { kind: "forget" } as const;

/** A list can be older than the one before it: what has been seen to run or to end stays so. */
function second(record: SequenceRecord, mark: Mark, action: MachineAction): LateJudgement {
  const known = record.late.find((each) => each.actionId === action.id);
  const ran = action.status !== "Pending" && !isUntouched({ ...record, part: mark.part }, action);
  const { part, attempt } = mark;
  const late = { actionId: action.id, part, attempt, status: action.status };
  return { kind: "second", late: { ...late, ran: ran || known?.ran === true } };
}

/** The record with the late action; unchanged if it has it already. */
export function withLate(record: SequenceRecord, late: LateAction): SequenceRecord {
  const known = record.late.find((each) => each.actionId === late.actionId);
  if (known?.status === late.status && known.ran === late.ran) return record;
  const others = record.late.filter((each) => each !== known);
  const claims = withActionOf(record.claims, late, late.actionId);
  return { ...record, claims, late: [...others, { ...known, ...late }] };
}
