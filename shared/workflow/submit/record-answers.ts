import { RATE_TOKEN_KEY } from "../../ledger/row/keys.ts";
import { holdsSession, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { lockedOut, type SubmissionAnswer } from "../../ledger/sequence/submission.ts";
import {
  holdSession,
  releaseSession,
  stamp,
  tidied,
  unreserve,
  type Budget,
} from "../../limits/pace/budget.ts";
import { couldNotLeave, openDoor } from "../../limits/pace/door.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { letIn, lockedOutBy, probedInVain, type Refusal } from "../../limits/pace/lockout.ts";
import { sessionOf } from "../../limits/pace/session.ts";
import { throttleFinding } from "../../limits/pace/throttle-finding.ts";
import { throttled } from "../../limits/pace/throttled.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { moveSequence, type Change } from "../../store/change-sequence.ts";
import { withDecisions } from "../../store/link-decisions.ts";
import { loadBudget, readableSequence } from "../../store/load.ts";
import { logLockouts } from "../../store/note-lockout.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { tryTransact, usual, type Transaction } from "../../store/transact.ts";
import { logThrottledPost, type ThrottledPost } from "./log-throttles.ts";
import { recordAfter, type Answered } from "./record-after.ts";

type SettlePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/**
 * Records the answers, all in one transaction. If those behind their machines come forward, that
 * can be too much for one, and a row that one of them needs can be set aside; then each has its
 * own. One whose run cannot be read stays claimed, and the poll looks for its action.
 */
export async function settle(
  ports: SettlePorts,
  limits: Limits,
  answered: readonly (Answered | Stale)[],
): Promise<void> {
  const apart = await unlessSetAside(ports, answered, () =>
    settleTogether(ports, limits, answered),
  );
  if (apart.length <= 1) return;
  for (const each of apart) await settle(ports, limits, [each]);
}

/** The sequences that have to be settled one by one, as they are now: none, or all. */
async function settleTogether(
  ports: SettlePorts,
  limits: Limits,
  answered: readonly (Answered | Stale)[],
): Promise<readonly (Answered | Stale)[]> {
  let current = answered;
  const settling = await tryTransact(ports, usual("the budget"), async (tx) => {
    // Others write the budget all the time. If they wrote a record, its ETag shows it.
    if (tx.lost !== null && tx.lost.key !== RATE_TOKEN_KEY) {
      current = await Promise.all(current.map(async (each) => await reload(tx, each)));
    }
    const earliestMs = ports.clock.earliest();
    const staged = await stageAnswers(tx, current, { earliestMs, limits });
    if (tx.fits() || current.length === 1) return staged;
    tx.forget();
    return null;
  });
  if (settling.kind === "contended") {
    // The claims stay as they are: the poll finds them overdue, and looks for their action.
    ports.log("error", "settleGaveUp", { sequences: answered.length });
    return [];
  }
  if (settling.value === null) return current;
  const { before, after, throttles } = settling.value;
  logLockouts(ports.log, before, after);
  for (const throttle of throttles) logThrottledPost(ports.log, throttle);
  return [];
}

/** The budget before and after, and what to log about it. */
interface Staged {
  readonly before: Budget;
  readonly after: Budget;
  readonly throttles: readonly ThrottledPost[];
}

async function stageAnswers(
  tx: Transaction,
  current: readonly (Answered | Stale)[],
  { earliestMs, limits }: { earliestMs: number; limits: Limits },
): Promise<Staged> {
  const stored = await loadBudget(tx);
  let budget = tidied(stored.value, earliestMs, limits);
  const moves: Change[] = [];
  const throttles: ThrottledPost[] = [];
  for (const each of current) {
    if ("stale" in each) {
      budget = afterStale(budget, each, limits);
      continue;
    }
    const after = recordAfter(each, limits);
    const stood = budget;
    budget = budgetAfter(stood, each, after, limits);
    if (each.answer.kind === "throttled") {
      const { retryAfterMs } = each.answer;
      const { sequenceId } = after;
      throttles.push({ sequenceId, retryAfterMs, ...throttleFinding(stood, budget) });
    }
    moves.push({ before: each.claimed, after, nowMs: each.latestMs });
  }
  const facts = moves.map(({ before, after, nowMs }) => factOfMove(before.value, after, nowMs));
  const written = changeBudget(tx, stored, budget, grouped(facts));
  for (const each of moves) {
    const after = withDecisions(each.before.value, each.after, written);
    await moveSequence(tx, { ...each, after });
  }
  return { before: stored.value, after: budget, throttles };
}

/**
 * A claim that somebody resolved meanwhile from Defender's list: their result counts. The answer
 * counts only for the slot, and for what it says of all sequences.
 */
interface Stale {
  readonly stale: string;
  readonly answer: SubmissionAnswer;
  readonly latestMs: number;
  readonly reservedAtMs: number | null;
}

async function reload(ledger: LedgerReads, answered: Answered | Stale): Promise<Answered | Stale> {
  if ("stale" in answered) return answered;
  const { answer, latestMs } = answered;
  const { sequenceId, part, attempt, claimedAtMs } = answered.claimed.value;
  const stored = await readableSequence(ledger, sequenceId);
  const same =
    stored?.value.state === "claimed" &&
    stored.value.part === part &&
    stored.value.attempt === attempt;
  return same
    ? { ...answered, claimed: stored }
    : { stale: sequenceId, answer, latestMs, reservedAtMs: claimedAtMs };
}

/**
 * If Defender starts nothing for lrq, this is as true as if the claim had not been resolved, unless
 * a session was opened later.
 */
function afterStale(
  budget: Budget,
  { stale, answer, latestMs, reservedAtMs }: Stale,
  limits: Limits,
): Budget {
  const stamped = stamp(budget, stale, latestMs, reservedAtMs);
  const refusal = refusalOf(answer, stale, latestMs);
  const isOver = refusal === null || stamped.openedAtMs > latestMs;
  return isOver ? stamped : lockedOutBy(stamped, refusal, limits);
}

/** Slot, door and lockout as the answer says; session as the record says. */
function budgetAfter(
  budget: Budget,
  { claimed, answer, latestMs }: Answered,
  after: SequenceRecord,
  limits: Limits,
): Budget {
  // The slot was reserved in the very transaction that wrote the claim.
  const { sequenceId, claimedAtMs } = claimed.value;
  const came = { latestMs, limits };
  const next =
    answer.kind === "notSent"
      ? couldNotLeave(unreserve(budget, sequenceId, claimedAtMs), latestMs)
      : doorAfter(stamp(budget, sequenceId, latestMs, claimedAtMs), sequenceId, answer, came);
  return holdsSession(after)
    ? holdSession(next, sessionOf(after))
    : releaseSession(next, sequenceId, null);
}

function doorAfter(
  budget: Budget,
  sequenceId: string,
  answer: SubmissionAnswer,
  { latestMs, limits }: { latestMs: number; limits: Limits },
): Budget {
  const vain = probedInVain(budget, { sequenceId, atMs: latestMs }, limits);
  if (answer.kind === "unknown") return vain;
  if (answer.kind === "throttled") {
    return throttled(vain, sequenceId, { retryAfterMs: answer.retryAfterMs, latestMs }, limits);
  }
  const open = openDoor(budget, latestMs);
  const refusal = refusalOf(answer, sequenceId, latestMs);
  return refusal === null ? letIn(open, "submit", latestMs) : lockedOutBy(open, refusal, limits);
}

/** That Defender starts nothing for lrq, whatever the machine; null if the answer says no such. */
function refusalOf(answer: SubmissionAnswer, sequenceId: string, atMs: number): Refusal | null {
  const detail = lockedOut(answer);
  if (detail === null) return null;
  const httpStatus = answer.kind === "refused" ? answer.httpStatus : 401;
  return { call: "submit", httpStatus, detail, sequenceId, atMs };
}
