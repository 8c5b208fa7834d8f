import { isFinal, type MachineAction } from "../../ledger/sequence/machine-action.ts";
import { markIn } from "../../ledger/sequence/mark.ts";
import { isPresent, type Known } from "../../limits/judge/judge-owner.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { withRequestor } from "../../limits/pace/impersonators.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { withPickups } from "../../limits/pace/patience.ts";
import { withLag } from "../../limits/pace/list-lag.ts";
import { factsOf, seenOf, type Session } from "../../limits/pace/session.ts";
import type { Ports } from "../../ports.ts";
import { spendRead } from "../../store/spend-read.ts";

/**
 * Polls between two counts of actions that have been Pending since before the list begins: five
 * minutes.
 */
const POLLS_PER_COUNT = 20;
/**
 * Time is cut into spans of half that interval. Only a poll that is in another span than the poll
 * before reads the time of the last count.
 */
const SPANS_PER_COUNT = 2;
/** A little less than the part of the list budget that polls leave. */
const COUNT_SHARE = 0.4;

/**
 * The budget with what a list shows: how far our sessions are, how long the list took to show them,
 * and how many sessions of others are open, because they count against the same cap. `old` is the
 * number of others' sessions too old for the list, null if they were not counted; `nowMs` is when
 * the list was asked for. No list shows sessions opened in the portal. The same budget if there is
 * nothing new.
 */
export function withSightings(
  budget: Budget,
  actions: readonly MachineAction[],
  { old, nowMs }: { old: number | null; nowMs: number },
  limits: Limits,
): Budget {
  const foreignOld = old ?? budget.foreignOld;
  const about = { requestors: budget.requestors, limits };
  const foreign = foreignIn(actions, budget, about) + foreignOld;
  const sessions = budget.sessions.map((session) => withSeen(session, actions, nowMs, about));
  const requestors = requestorsIn(budget, actions, about);
  const same =
    foreign === budget.foreign &&
    foreignOld === budget.foreignOld &&
    requestors === budget.requestors &&
    sessions.every((each, index) => each === budget.sessions[index]);
  if (same) return budget;
  const begun = sessions.filter((each, index) => hasBegun(budget.sessions[index], each));
  const pickups = withPickups(
    budget.pickups,
    begun.map(({ glance }) => nowMs - (glance?.submittedAtMs ?? nowMs)),
    limits,
  );
  const shown = budget.sessions.filter((_, index) => sessions[index]?.missedMs === undefined);
  const lagMs = Math.max(0, ...shown.map(({ missedMs }) => missedMs ?? 0));
  const listLag = withLag(budget.listLag, lagMs, nowMs);
  return { ...budget, sessions, foreign, foreignOld, requestors, pickups, listLag };
}

/** The budget with this number of others' sessions that are too old for the list. */
export function withOldForeign(budget: Budget, foreignOld: number): Budget {
  if (foreignOld === budget.foreignOld) return budget;
  return { ...budget, foreignOld, foreign: budget.foreign - budget.foreignOld + foreignOld };
}

/**
 * The number of others' sessions older than `sinceMs`, for a list at `nowMs` after one at
 * `beforeMs`; null if it is not time to count, or Defender does not answer.
 */
export async function countOldForeign(
  ports: Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">,
  limits: Limits,
  { sinceMs, beforeMs, nowMs }: { sinceMs: number; beforeMs: number; nowMs: number },
  budget: Budget,
): Promise<number | null> {
  const at = { stamp: "countedAtMs", intervalMs: limits.pollMs * POLLS_PER_COUNT } as const;
  const span = (atMs: number) => Math.floor((atMs * SPANS_PER_COUNT) / at.intervalMs);
  if (span(beforeMs) === span(nowMs)) return null;
  if (!(await spendRead(ports, limits, "list", { share: COUNT_SHARE, at }))) return null;
  const payPage = async () => await spendRead(ports, limits, "list", { share: COUNT_SHARE });
  const reply = await ports.defender.listPending(payPage);
  if (reply.kind !== "answered") return null;
  const old = reply.value.filter((each) => (each.createdAtMs ?? sinceMs) < sinceMs);
  return foreignIn(old, budget, { requestors: budget.requestors, limits });
}

/** True if this list is the first to show the action at work. */
function hasBegun(before: Session | undefined, after: Session): boolean {
  const was = before?.seen?.[0] ?? "Pending";
  return was === "Pending" && after.seen?.[0] === "InProgress";
}

/** Open actions that belong to no session in the budget, whatever mark they have. */
function foreignIn(actions: readonly MachineAction[], budget: Budget, about: Known): number {
  const sessions = new Map(budget.sessions.map((each) => [each.sequenceId, each]));
  const ids = new Set(budget.sessions.map(({ glance }) => glance?.actionId));
  return actions.filter((action) => {
    if (isFinal(action.status) || ids.has(action.id)) return false;
    const session = sessions.get(markIn(action.comment)?.sequenceId ?? "");
    return session === undefined || !isAwaited(session, action, about);
  }).length;
}

/** The session has no action yet, and this one may be it. */
function isAwaited(session: Session, action: MachineAction, about: Known): boolean {
  const facts = factsOf(session);
  return facts === null || (facts.actionId === null && isPresent(facts, action, about));
}

/** Only an action with the nonce of its claim shows what Defender calls us. */
function requestorsIn(budget: Budget, actions: readonly MachineAction[], about: Known): string[] {
  const claimed = budget.sessions.map(factsOf).filter((each) => (each?.claims.length ?? 0) > 0);
  const byId = new Map(claimed.map((each) => [each?.actionId ?? null, each]));
  return actions.reduce((known, action) => {
    const facts = byId.get(action.id) ?? null;
    const isOwn = facts !== null && action.comment !== null && isPresent(facts, action, about);
    return isOwn ? withRequestor(known, action.requestor) : known;
  }, budget.requestors);
}

function withSeen(
  session: Session,
  actions: readonly MachineAction[],
  nowMs: number,
  about: Known,
): Session {
  const facts = factsOf(session);
  if (facts === null || facts.actionId === null) return session;
  const action = actions.find((each) => each.id === facts.actionId);
  if (action === undefined) return withMissed(session, nowMs);
  if (action.comment === null || !isPresent(facts, action, about)) return session;
  const seen = seenOf(action);
  if (seen.join() === session.seen?.join()) return session;
  const { missedMs: _, ...shown } = session;
  return { ...shown, seen };
}

/** A list that does not show an action, and none did before, shows how long lists take at least. */
function withMissed(session: Session, nowMs: number): Session {
  const { glance, seen } = session;
  if (seen !== undefined || (glance?.submittedAtMs ?? null) === null) return session;
  return { ...session, missedMs: Math.max(0, nowMs - (glance?.submittedAtMs ?? nowMs)) };
}
