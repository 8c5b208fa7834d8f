import type { AuditFacts } from "../../evidence/audit.ts";
import { adopt } from "../../ledger/sequence/adopt.ts";
import type { LateAction } from "../../ledger/sequence/late-action.ts";
import { claimOf, withActionOf } from "../../ledger/sequence/claims.ts";
import { isFinal, type MachineAction } from "../../ledger/sequence/machine-action.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { sameMark, markIn, markOf, type Mark } from "../../ledger/sequence/mark.ts";
import { holdSession, type Budget } from "../../limits/pace/budget.ts";
import { ownerOf } from "../../limits/judge/judge-owner.ts";
import { isLateNews, judgeLate, withLate } from "../../limits/judge/judge-late.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { withLag } from "../../limits/pace/list-lag.ts";
import { lostOf, withLostOf, withoutLost, withShown } from "../../limits/pace/lost-posts.ts";
import { seenOf, sessionOf } from "../../limits/pace/session.ts";
import type { Ports } from "../../ports.ts";
import { factAbout, factOfMove, grouped } from "../../store/audit.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { loadBudget, loadSequence } from "../../store/load.ts";
import { moveWithBudget } from "../../store/move-with-budget.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { spendRead } from "../../store/spend-read.ts";
import { wasHeard } from "./apply-judgement.ts";
import { noteImpersonation } from "./note-impersonation.ts";

type OrphanPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** If there are more than this at once, something else is wrong. */
const ORPHANS_PER_LIST = 10;

/** An action with a mark of ours that no open session has, and the sequence of the mark. */
interface Orphan {
  readonly action: MachineAction;
  readonly mark: Mark;
  readonly record: Stored<SequenceRecord>;
}

/**
 * Finds actions that have a mark of ours but belong to no open session. Most are ours: their POST
 * was given up before a list showed them. If the sequence has no other action, it takes this one.
 * Otherwise the action is a second one, or too late. Then the poll cancels it if it is open, and
 * writes into the sequence and the audit log what it did. An action that is not ours is left alone,
 * and noted as an impersonation. Returns how many sequences moved.
 */
export async function settleOrphans(
  ports: OrphanPorts,
  limits: Limits,
  actions: readonly MachineAction[],
): Promise<number> {
  const { value: budget } = await loadBudget(ports.ledger);
  let moved = 0;
  for (const { action, mark } of newsIn(actions, budget, limits).slice(0, ORPHANS_PER_LIST)) {
    const settles = async () => {
      const record = await loadSequence(ports.ledger, mark.sequenceId);
      // A mark of another deployment of lrq looks the same; its actions are not ours to touch.
      if (record === null) return false;
      const { requestors } = budget;
      const owner = ownerOf(record.value, action, { requestors, limits });
      if (owner.kind === "ours") return settleOrphan(ports, limits, { action, mark, record });
      if (owner.kind === "impersonation") {
        await noteImpersonation(ports, { action, mark, record }, owner.why);
      }
      return false;
    };
    if (await unlessSetAside(ports, false, settles)) moved += 1;
  }
  return moved;
}

/**
 * What is news, in the order in which it is judged: first what is missed, so that nobody's actions
 * can crowd it out; then the oldest first, because an attempt has one action, the first.
 */
function newsIn(
  actions: readonly MachineAction[],
  budget: Budget,
  limits: Limits,
): { readonly action: MachineAction; readonly mark: Mark }[] {
  const news = actions.toReversed().flatMap((action) => {
    const mark = markIn(action.comment);
    return mark !== null && isLateNews(budget, mark, action, limits) ? [{ action, mark }] : [];
  });
  const isMissed = ({ mark }: { mark: Mark }) => lostOf(budget.lost, mark) !== null;
  return [...news.filter(isMissed), ...news.filter((each) => !isMissed(each))];
}

async function settleOrphan(ports: OrphanPorts, limits: Limits, orphan: Orphan): Promise<boolean> {
  const { action, mark, record } = orphan;
  const judgement = judgeLate(record.value, mark, action);
  switch (judgement.kind) {
    case "leave":
      return false;
    case "forget":
      await forget(ports, orphan);
      return false;
    case "adopt":
      return await adoptLate(ports, orphan);
    case "second":
      await noteSecond(ports, limits, { ...orphan, late: judgement.late });
      return false;
  }
}

/** Its attempt has this action and no other, so a later one with its mark is an impersonation. */
async function forget(ports: OrphanPorts, { action, mark, record }: Orphan): Promise<void> {
  const before = record.value;
  const nowMs = ports.clock.earliest();
  const onBudget = (budget: Budget) => withoutPost(budget, mark, nowMs);
  if (claimOf(before, mark)?.actionId !== null) {
    await changeBudgetAlone(ports, onBudget);
    return;
  }
  const after = { ...before, claims: withActionOf(before.claims, mark, action.id) };
  await moveWithBudget(ports, { before: record, after, nowMs }, { onBudget, facts: [] });
}

/** Moves the record to that attempt. If others have written it, the next poll tries again. */
async function adoptLate(ports: OrphanPorts, orphan: Orphan): Promise<boolean> {
  const { action, mark, record } = orphan;
  const before = record.value;
  const nowMs = ports.clock.earliest();
  const lost = lostOf((await loadBudget(ports.ledger)).value.lost, mark);
  const own = sameMark(mark, markOf(before)) ? before.claimedAtMs : null;
  const claimedAtMs = lost?.claimedAtMs ?? own ?? action.createdAtMs ?? nowMs;
  const after = adopt(before, { actionId: action.id, attempt: mark.attempt, claimedAtMs }, nowMs);
  const change = { before: record, after, nowMs };
  const isAdopted = await moveWithBudget(ports, change, {
    onBudget: (budget) => {
      const next = { ...budget, lost: withLostOf(budget.lost, before, after, nowMs) };
      return holdSession(withoutPost(next, mark, nowMs), sessionOf(after));
    },
    facts: grouped([factOfMove(before, after, nowMs)]),
  });
  if (!isAdopted) {
    await noteShown(ports, orphan);
    return false;
  }
  const { sequenceId, attempt } = after;
  ports.log("warn", "adoptedLate", { sequenceId, attempt, actionId: action.id });
  return true;
}

/**
 * While another sequence has the machine, this one cannot take its action. That a list showed it is
 * written into the budget, so no claim sends it again meanwhile; a later poll takes the action.
 */
async function noteShown(ports: OrphanPorts, { action, mark }: Orphan): Promise<void> {
  const nowMs = ports.clock.earliest();
  const shown = { seen: seenOf(action), cancelSent: false };
  await changeBudgetAlone(ports, (budget) => {
    if (lostOf(budget.lost, mark)?.seen?.join() === shown.seen.join()) return budget;
    return { ...withLagOf(budget, mark, nowMs), lost: withShown(budget.lost, mark, shown, nowMs) };
  });
}

/** Cancels the action if it is open, then writes record, budget and log in one transaction. */
async function noteSecond(
  ports: OrphanPorts,
  limits: Limits,
  { action, mark, record, late }: Orphan & { readonly late: LateAction },
): Promise<void> {
  const before = record.value;
  const isOpen = !isFinal(action.status);
  const { lost } = (await loadBudget(ports.ledger)).value;
  const mayCancel = isOpen && lostOf(lost, mark)?.cancelSent !== true;
  const cancelSent = mayCancel && (await cancelSecond(ports, limits, before, action.id));
  const nowMs = ports.clock.earliest();
  const after = withLate(before, late);
  const ranBefore = before.late.some((each) => each.actionId === action.id && each.ran);
  const hasRun = late.ran && !ranBefore;
  const facts = [
    ...(cancelSent ? [factOfSecond("cancelSent", before, action.id, nowMs)] : []),
    ...(hasRun ? [factOfSecond("ranLate", before, action.id, nowMs)] : []),
  ];
  const shown = { seen: seenOf(action), cancelSent };
  const change = { before: record, after, nowMs };
  const isNoted = await moveWithBudget(ports, change, {
    onBudget: (budget) =>
      isOpen
        ? { ...withLagOf(budget, mark, nowMs), lost: withShown(budget.lost, mark, shown, nowMs) }
        : withoutPost(budget, mark, nowMs),
    facts,
  });
  if (!isNoted || !hasRun) return;
  const { sequenceId, actionId } = before;
  const otherActionId = actionId === action.id ? null : actionId;
  ports.log("error", "ranLate", { sequenceId, actionId: action.id, otherActionId });
}

/** True if Defender has answered the cancel. If not, the next poll sends it again. */
async function cancelSecond(
  ports: OrphanPorts,
  limits: Limits,
  { sequenceId }: SequenceRecord,
  actionId: string,
): Promise<boolean> {
  if (!(await spendRead(ports, limits, "cancel"))) return false;
  const reply = await ports.defender.cancelAction(actionId, "lrq: given up before it was listed");
  ports.log("error", "orphanCancelled", { sequenceId, actionId, came: reply.kind });
  return wasHeard(reply);
}

const DETAILS = {
  cancelSent: "lrq gave it up before Defender listed it, so lrq cancels it",
  ranLate: "lrq gave it up before Defender listed it, but commands of it may have run",
} as const;

/** Names the late action, and the other action of the sequence if there is one. */
function factOfSecond(
  event: keyof typeof DETAILS,
  record: SequenceRecord,
  actionId: string,
  atMs: number,
): AuditFacts {
  const isOther = record.actionId !== null && record.actionId !== actionId;
  const about = isOther ? [{ ...record, actionId }, record] : [{ ...record, actionId }];
  const other = isOther ? `; the sequence has ${record.actionId} as well` : "";
  return factAbout(event, about, { atMs, detail: `${DETAILS[event]}${other}` });
}

/** The budget after the last report of the action: lists are no longer searched for it. */
function withoutPost(budget: Budget, mark: Mark, nowMs: number): Budget {
  if (lostOf(budget.lost, mark) === null) return budget;
  return { ...withLagOf(budget, mark, nowMs), lost: withoutLost(budget.lost, mark) };
}

/** No list had shown the action when its POST was given up, so the lag is at least that long. */
function withLagOf(budget: Budget, mark: Mark, nowMs: number): Budget {
  const lost = lostOf(budget.lost, mark);
  if (lost === null || lost.seen !== null) return budget;
  return { ...budget, listLag: withLag(budget.listLag, lost.missedMs, nowMs) };
}
