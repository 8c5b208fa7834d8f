import { end, loseSight } from "../../ledger/sequence/moves.ts";
import type { MachineLease, Stored } from "../../ledger/sequence/rows.ts";
import { holdsSession, owesResults, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { holdSession, releaseSession, type Budget } from "../../limits/pace/budget.ts";
import { judge, type Judgement } from "../../limits/judge/judge.ts";
import { UNSEEN_MS, type Limits } from "../../limits/pace/limits.ts";
import { withLostOf } from "../../limits/pace/lost-posts.ts";
import { sessionOf } from "../../limits/pace/session.ts";
import type { Ports, Reply } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { loadSequence } from "../../store/load.ts";
import { OF_ACCESS } from "../../store/note-lockout.ts";
import { moveWithBudget } from "../../store/move-with-budget.ts";
import { spendRead } from "../../store/spend-read.ts";

export type ApplyPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

/**
 * One poll: its ports, what Defender calls us, and `noted`, what the poll writes into the budget.
 */
export interface PollContext {
  readonly ports: ApplyPorts;
  readonly limits: Limits;
  readonly requestors: readonly string[];
  readonly noted: (budget: Budget) => Budget;
  /** The condition on the budget under which a move is made; absent means always. */
  readonly holds?: (budget: Budget) => boolean;
}

/** A sequence as it was read, and the lease on its machine if that was read, too. */
export interface Loaded {
  readonly before: Stored<SequenceRecord>;
  readonly lease: Stored<MachineLease> | null;
}

/**
 * Asking for single actions takes a small part of the list budget; lists and counts need the rest.
 */
const ASK_SHARE = 0.4;

/** Applies the judgement. True if the record changed. */
export async function applyJudgement(
  context: PollContext,
  loaded: Loaded,
  judgement: Judgement,
): Promise<boolean> {
  switch (judgement.kind) {
    case "leave":
      return false;
    case "move":
      return await commitMove(context, loaded, judgement.after);
    case "cancel":
      return await cancelAtDefender(context, loaded, judgement);
    case "ask":
      return await askAfter(context, loaded, judgement.actionId);
  }
}

/**
 * The reason is written into the record before the cancel is sent. So if an action is cancelled and
 * its record has no reason, somebody else cancelled it. That the cancel was sent is written
 * afterwards, because sending it twice does no harm.
 */
async function cancelAtDefender(
  context: PollContext,
  loaded: Loaded,
  { actionId, after }: Extract<Judgement, { kind: "cancel" }>,
): Promise<boolean> {
  const { ports, limits } = context;
  const { sequenceId, cancel } = after;
  if (cancel === null || !(await spendRead(ports, limits, "cancel"))) return false;
  const before = await intending(context, loaded, { ...after, cancel: { ...cancel, sent: false } });
  if (before === null) return false;
  const reply = await ports.defender.cancelAction(actionId, `lrq ${cancel.why}`);
  ports.log("info", "cancelSent", { sequenceId, why: cancel.why, came: reply.kind });
  if (!wasHeard(reply)) return false;
  const sent = { ...before.value, cancel: { ...cancel, sent: true } };
  return await commitMove(context, { ...loaded, before }, sent);
}

/**
 * True if Defender itself has answered a cancel, with any answer. If it has not, or refused lrq the
 * token or the right, lrq sends the cancel again.
 */
export function wasHeard(reply: Reply<null>): boolean {
  if (reply.kind === "refused") return !OF_ACCESS.has(reply.httpStatus);
  return reply.kind === "answered" || reply.kind === "absent";
}

/** The record in the ledger with its reason to be cancelled; null if somebody else moved it. */
async function intending(
  context: PollContext,
  loaded: Loaded,
  intent: SequenceRecord,
): Promise<Stored<SequenceRecord> | null> {
  if (loaded.before.value.cancel !== null) return loaded.before;
  if (!(await commitMove(context, loaded, intent))) return null;
  const current = await loadSequence(context.ports.ledger, intent.sequenceId);
  const { actionId, cancel } = intent;
  const same = current?.value.actionId === actionId && current.value.cancel?.atMs === cancel?.atMs;
  return same && current.value.cancel?.why === cancel?.why ? current : null;
}

/**
 * The list has not shown the action for a long time. If Defender does not know its id either, the
 * action is lost, and the outcome says so.
 */
async function askAfter(context: PollContext, loaded: Loaded, actionId: string): Promise<boolean> {
  const { ports, limits, requestors } = context;
  if (!(await spendRead(ports, limits, "list", { share: ASK_SHARE }))) return false;
  const nowMs = ports.clock.earliest();
  const reply = await ports.defender.getAction(actionId);
  if (reply.kind === "answered") {
    const shown = { action: reply.value, nowMs, requestors };
    const listing = { ...shown, othersWait: false, pickupMs: null, lagMs: 0 };
    const judgement = judge(loaded.before.value, listing, limits);
    return judgement.kind === "ask" ? false : await applyJudgement(context, loaded, judgement);
  }
  if (reply.kind !== "absent") {
    if (nowMs < loaded.before.value.expiresAtMs + UNSEEN_MS) return false;
    const unseen = `It expired, and Defender does not show the action ${actionId}: ${reply.kind}.`;
    return await commitMove(context, loaded, loseSight(loaded.before.value, unseen, nowMs));
  }
  const detail = `Defender no longer knows the action ${actionId}; what it did is not known.`;
  const after = end(loaded.before.value, "failed", { code: "actionLost", detail }, nowMs);
  return await commitMove(context, loaded, after);
}

/**
 * Writes record, budget, machine, run and the note that results are owed in one transaction, then
 * rings the bell for the results. If somebody else has moved the sequence meanwhile, their move
 * counts, and the next poll reads it.
 */
export async function commitMove(
  { ports, noted, holds = () => true }: PollContext,
  { before, lease }: Loaded,
  after: SequenceRecord,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const change = { before, after, nowMs };
  const isMoved = await moveWithBudget(ports, change, {
    onBudget: (budget) =>
      holds(budget) ? budgetAfterMove(noted(budget), before.value, after, nowMs) : null,
    facts: grouped([factOfMove(before.value, after, nowMs)]),
    lease,
  });
  if (isMoved) await tellMoved(ports, after);
  return isMoved;
}

/** Logs the move, and rings for its results. */
export async function tellMoved(ports: ApplyPorts, after: SequenceRecord): Promise<void> {
  ports.log("info", "moved", { sequenceId: after.sequenceId, state: after.state });
  if (owesResults(after)) await ports.bells.ringCollect(after.sequenceId, 0);
}

/**
 * The budget with the session as the record says. If the session is over, its length joins the
 * mean. If its action may still show, its POST joins the lost ones.
 */
export function budgetAfterMove(
  budget: Budget,
  before: SequenceRecord,
  after: SequenceRecord,
  nowMs: number,
): Budget {
  const next = { ...budget, lost: withLostOf(budget.lost, before, after, nowMs) };
  if (holdsSession(after)) return holdSession(next, sessionOf(after));
  return releaseSession(next, after.sequenceId, sessionLengthMs(before, after, nowMs));
}

/**
 * How long the next sequence may have to wait for a session like this one; null if it says nothing.
 * A session given up on an offline machine counts, because that is how long such a machine keeps
 * others waiting.
 */
function sessionLengthMs(
  before: SequenceRecord,
  after: SequenceRecord,
  nowMs: number,
): number | null {
  const worked =
    after.state === "succeeded" || after.state === "failed" || after.part > before.part;
  const givenUp = before.cancel?.why === "offline";
  return (worked || givenUp) && before.submittedAtMs !== null ? nowMs - before.submittedAtMs : null;
}
