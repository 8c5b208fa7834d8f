import type { AuditFacts } from "../../evidence/audit.ts";
import { BUDGET_KEY } from "../../ledger/keys.ts";
import { end, giveBack, loseAnswer, submit } from "../../ledger/moves.ts";
import { freesMachine, type RowChange, type Stored } from "../../ledger/rows.ts";
import { holdsSession, type SequenceRecord } from "../../ledger/sequence.ts";
import { lockedOut, type SubmissionAnswer } from "../../ledger/submission.ts";
import { sameTag, tagIn, tagOf } from "../../ledger/tag.ts";
import {
  couldNotLeave,
  holdSession,
  openDoor,
  releaseSession,
  stamp,
  tidied,
  unreserve,
  type Budget,
} from "../../limits/budget.ts";
import { busyWaitMs, type Limits } from "../../limits/limits.ts";
import { letIn, lockedOutBy, probedInVain } from "../../limits/lockout.ts";
import { sessionOf } from "../../limits/session.ts";
import { throttleFinding } from "../../limits/throttle-finding.ts";
import { throttled } from "../../limits/throttled.ts";
import type { Ports } from "../../ports.ts";
import { auditedBudget, factOfMove, grouped } from "../../store/audit.ts";
import { changesFor } from "../../store/change-sequence.ts";
import type { HeldBudget } from "../../store/held-budget.ts";
import { budgetChange, loadBudget, loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { logThrottledPost, type ThrottledPost } from "./log-throttles.ts";
import { logLockouts } from "../../store/note-lockout.ts";

type SettlePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

const TRIES = 12;
const JITTER_MS = 200;

/**
 * A claimed sequence, what its POST came to, and the latest time that can have been when the answer
 * was in.
 */
export interface Answered {
  readonly claimed: Stored<SequenceRecord>;
  readonly answer: SubmissionAnswer;
  readonly latestMs: number;
}

/**
 * Records the answers. Those that keep their machine share one transaction. One that gives it up
 * has its own: it may end its run, whose row two of them cannot both write, and it brings those
 * behind it forward, more rows than ten of them can share (100 a transaction, Table service).
 */
export async function settle(
  ports: SettlePorts,
  limits: Limits,
  answered: readonly Answered[],
  held: HeldBudget,
): Promise<void> {
  const frees = (each: Answered) => freesMachine(each.claimed.value, recordAfter(each, limits));
  const keeping = answered.filter((each) => !frees(each));
  const freeing = answered.filter(frees).map((each) => [each]);
  if (keeping.length > 0) await settleTogether(ports, limits, keeping, held);
  for (const alone of freeing) {
    // One whose run cannot be read stays claimed, and the poll looks for its action.
    await unlessSetAside(ports, null, () => settleTogether(ports, limits, alone, held));
  }
}

/** One transaction; a lost race means doing it again on what stands now. */
async function settleTogether(
  ports: SettlePorts,
  limits: Limits,
  answered: readonly (Answered | Stale)[],
  held: HeldBudget,
): Promise<void> {
  let current = answered;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const settled = await settling(ports, limits, held.stored.value, current);
    const { budget, changes } = settled;
    const outcome = await ports.ledger.commit([budgetChange(held.stored, budget), ...changes]);
    if (outcome.kind === "committed") {
      logLockouts(ports.log, held.stored.value, budget);
      for (const throttle of settled.throttles) logThrottledPost(ports.log, throttle);
      held.stored = { value: budget, etag: outcome.etags.get(BUDGET_KEY) ?? null };
      return;
    }
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
    held.stored = await loadBudget(ports.ledger);
    // The budget is what others write all the time; a record they wrote is found out by its ETag.
    if (outcome.key === BUDGET_KEY) continue;
    current = await Promise.all(current.map(async (each) => await reload(ports, each)));
    // One that somebody asked to cancel meanwhile ends now, and no two can write one run.
    if (current.length > 1) {
      for (const each of current) await settleTogether(ports, limits, [each], held);
      return;
    }
  }
  // The claims stay as they are: the poll finds them past their time, and looks for their actions.
  ports.log("error", "settleGaveUp", { sequences: answered.length });
}

interface Settling {
  readonly budget: Budget;
  readonly changes: readonly RowChange[];
  readonly throttles: readonly ThrottledPost[];
}

async function settling(
  ports: SettlePorts,
  limits: Limits,
  before: Budget,
  current: readonly (Answered | Stale)[],
): Promise<Settling> {
  let budget = tidied(before, ports.clock.earliest(), limits);
  const changes: RowChange[] = [];
  const facts: (AuditFacts | null)[] = [];
  const throttles: ThrottledPost[] = [];
  for (const each of current) {
    if ("stale" in each) {
      budget = stamp(budget, each.stale, each.latestMs, each.reservedAtMs);
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
    const known = { isWithBudget: true };
    changes.push(
      ...(await changesFor(ports, { before: each.claimed, after, nowMs: each.latestMs }, known)),
    );
    facts.push(factOfMove(each.claimed.value, after, each.latestMs));
  }
  const audited = auditedBudget(budget, grouped(facts));
  return { budget: audited.budget, changes: [...changes, ...audited.rows], throttles };
}

/**
 * A claim that somebody resolved meanwhile from what Defender lists: their word stands, only the
 * slot is ours.
 */
interface Stale {
  readonly stale: string;
  readonly latestMs: number;
  readonly reservedAtMs: number | null;
}

async function reload(ports: SettlePorts, answered: Answered | Stale): Promise<Answered | Stale> {
  if ("stale" in answered) return answered;
  const { sequenceId, part, attempt, claimedAtMs } = answered.claimed.value;
  const stored = await unlessSetAside(ports, null, () => loadSequence(ports.ledger, sequenceId));
  const same =
    stored?.value.state === "claimed" &&
    stored.value.part === part &&
    stored.value.attempt === attempt;
  return same
    ? { ...answered, claimed: stored }
    : { stale: sequenceId, latestMs: answered.latestMs, reservedAtMs: claimedAtMs };
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
  const detail = lockedOut(answer);
  if (detail === null) return letIn(open, "submit", latestMs);
  const httpStatus = answer.kind === "refused" ? answer.httpStatus : 401;
  const refusal = { call: "submit", httpStatus, detail, sequenceId, atMs: latestMs } as const;
  return lockedOutBy(open, refusal, limits);
}

function recordAfter({ claimed, answer, latestMs }: Answered, limits: Limits): SequenceRecord {
  const record = claimed.value;
  // The reason is everybody's, so it stands in the budget, and the sequence keeps its place.
  if (lockedOut(answer) !== null) return giveBack(record, { kind: "ready" }, null);
  switch (answer.kind) {
    case "accepted":
      return isOurs(answer.comment, record)
        ? submit(record, answer.actionId, latestMs)
        : busy(record, latestMs, limits);
    case "machineBusy":
      return busy(record, latestMs, limits);
    case "throttled":
    case "notSent":
      return giveBack(record, { kind: "ready" }, null);
    case "unauthorized":
    case "refused": {
      const code = answer.kind === "refused" ? answer.code : answer.kind;
      const outcome = { code, detail: answer.detail.slice(0, 1_000) };
      return end(record, "refused", outcome, latestMs);
    }
    case "unknown":
      return loseAnswer(record);
  }
}

/**
 * A 201 can carry an action that was there before; only another tag proves that, a missing one
 * proves nothing.
 */
function isOurs(comment: string | null, record: SequenceRecord): boolean {
  return comment === null || sameTag(tagIn(comment), tagOf(record));
}

function busy(record: SequenceRecord, latestMs: number, limits: Limits): SequenceRecord {
  const times = record.busyTimes + 1;
  const dueAtMs = latestMs + busyWaitMs(times, limits);
  const counted = { ...record, busyTimes: times };
  const reason = { code: "machineBusy", sinceMs: latestMs, times } as const;
  return giveBack(counted, { kind: "later", dueAtMs }, reason);
}
