import { withActionOf, withClaim, type Claim } from "./claims.ts";
import { withGivenUp } from "./given-up.ts";
import { hasFailedCommand, isFinal, type MachineAction } from "./machine-action.ts";
import { INTERRUPTED, cancelledBy, failure, timeOut } from "./outcome.ts";
import { allCompleted, isUntouched, observe, withOwed } from "./progress.ts";
import { isTerminal, LEGAL_MOVES, type SequenceRecord, type SequenceState } from "./sequence.ts";
import { lastTry, NOT_RECORDED, unansweredAfter } from "./unanswered.ts";

/*
 * Every change of a sequence's record. Each function takes the record before and returns the record
 * after. A move that LEGAL_MOVES does not allow throws, because it can only be a bug.
 */

type Place = NonNullable<SequenceRecord["place"]>;
type Reason = NonNullable<SequenceRecord["reason"]>;

/**
 * The intent is written: from here until the answer is recorded, a POST may be under way. `nonce`
 * is random; nobody may know it before that POST. `files` are the library files it goes with.
 */
export function claim(
  record: SequenceRecord,
  nowMs: number,
  nonce: string,
  files: Claim["files"] = null,
): SequenceRecord {
  const attempt = Math.max(record.attempt, record.attempts) + 1;
  const { part } = record;
  return {
    ...moved(record, "claimed"),
    attempt,
    attempts: attempt,
    claims: withClaim(record.claims, { part, attempt, atMs: nowMs, nonce, actionId: null, files }),
    claimedAtMs: nowMs,
    submittedAtMs: null,
    actionId: null,
    unmarked: false,
    actionStatus: null,
  };
}

/** Defender has an action of ours, by everything that `ownerOf` asks for. */
export function submit(record: SequenceRecord, actionId: string, nowMs: number): SequenceRecord {
  const claims = withActionOf(record.claims, record, actionId);
  return { ...submitUnmarked(record, actionId, nowMs), claims, unmarked: false };
}

/** Defender's answer names an action and shows no mark: the action may be an older one. */
export function submitUnmarked(
  record: SequenceRecord,
  actionId: string,
  nowMs: number,
): SequenceRecord {
  const next = { ...moved(record, "submitted"), unanswered: null };
  return { ...next, actionId, unmarked: true, submittedAtMs: nowMs };
}

/** No answer of Defender's came to the POST: nobody may send again before a list has been read. */
export function loseAnswer(record: SequenceRecord, detail = NOT_RECORDED): SequenceRecord {
  return { ...moved(record, "unconfirmed"), unanswered: unansweredAfter(record, detail) };
}

/**
 * Defender has no action of ours: the sequence goes back to `place` in the queue, with the reason
 * for people. If somebody asked to cancel it meanwhile, it ends.
 */
export function giveBack(
  before: SequenceRecord,
  place: Place,
  reason: Reason | null,
): SequenceRecord {
  const record = withGivenUp(before);
  if (record.cancel?.why === "asked") {
    return end(record, "cancelled", cancelledBy(record.cancel.by), record.cancel.atMs);
  }
  // A cancel of our own was for the action that is gone; it does not count for the next one.
  const back = { ...moved(record, "waiting"), actionId: null, cancel: null };
  return { ...back, place: withinExpiry(place, record.expiresAtMs), reason };
}

/** No sequence waits for a time past its expiry: then it is over, and its run can finish. */
export function withinExpiry(place: Place, expiresAtMs: number): Place {
  if (place.kind !== "later") return place;
  return { kind: "later", dueAtMs: Math.min(place.dueAtMs, expiresAtMs) };
}

/** A waiting sequence at another place; its state does not change. */
export function park(record: SequenceRecord, place: Place, reason: Reason | null): SequenceRecord {
  if (record.state !== "waiting") throw new Error(`${record.sequenceId} is not waiting`);
  return { ...record, place, reason, libraryHold: null };
}

/** Ends it without a final action of Defender's: it never ran, was refused, or nothing is known. */
export function end(
  record: SequenceRecord,
  state: "expired" | "refused" | "cancelled" | "failed",
  outcome: { code: string; detail: string },
  nowMs: number,
): SequenceRecord {
  return { ...moved(record, state), endedAtMs: nowMs, outcome };
}

/** It expired before it could run. */
export function expire(record: SequenceRecord, nowMs: number): SequenceRecord {
  const detail = `It waited until its expiry and could not run.${lastTry(record)}`;
  return end(record, "expired", { code: "expired", detail }, nowMs);
}

/** Its expiry is long over, and Defender does not show the action: it ends as not known. */
export function loseSight(record: SequenceRecord, detail: string, nowMs: number): SequenceRecord {
  const sent = record.state === "claimed" ? loseAnswer(record) : record;
  return end(sent, "failed", { code: "notKnown", detail }, nowMs);
}

/**
 * Somebody asked to end it. A waiting sequence ends at once; one at Defender ends when Defender
 * says so.
 */
export function askToCancel(
  record: SequenceRecord,
  cancel: { by: string; why: "asked" | "offline" | "expired" },
  nowMs: number,
): SequenceRecord {
  if (isTerminal(record)) throw new Error(`${record.sequenceId} is over and cannot be cancelled`);
  return { ...record, cancel: { ...cancel, atMs: nowMs, sent: false } };
}

/**
 * The time of the next try if the machine was offline; a machine that is online begins within the
 * patience.
 */
interface Offline {
  readonly parkUntilMs: number;
  readonly patienceMs: number;
}

/**
 * The action has ended: the sequence goes to its next part, waits again, or is over. After a
 * time-out, a failure after a long wait, or our own cancel of an offline machine it is parked, but
 * only if it is certain that no command ran.
 */
export function conclude(
  before: SequenceRecord,
  action: MachineAction,
  nowMs: number,
  { parkUntilMs, patienceMs }: Offline,
): SequenceRecord {
  if (!isFinal(action.status)) throw new Error(`${action.id} is ${action.status}, not final`);
  const record = observe(before, action);
  const untouched = isUntouched(record, action);
  // A cancel or a time limit can come too late: a completed command is done.
  const late = action.status !== "Failed" && allCompleted(record, action);
  if (late) return succeed(record, action, nowMs);
  const neverCame = untouched && isGivenUp(record, action, patienceMs);
  if (neverCame && nowMs < record.expiresAtMs) return parkOffline(record, nowMs, parkUntilMs);
  switch (action.status) {
    case "Succeeded": {
      // Then Defender says both, and not every command completed.
      if (!hasFailedCommand(action)) return succeed(record, action, nowMs);
      return finish(record, action, { state: "failed", outcome: failure(record) }, nowMs);
    }
    case "Failed":
      return finish(
        record,
        action,
        { state: "failed", outcome: neverCame ? timeOut(true) : failure(record) },
        nowMs,
      );
    case "TimeOut":
      return finish(record, action, { state: "timedOut", outcome: timeOut(untouched) }, nowMs);
    case "Cancelled":
      return concludeCancelled(record, action, nowMs, parkUntilMs);
  }
}

/** Which word Defender uses for it is not documented, so it is not always called a time-out. */
function isGivenUp(record: SequenceRecord, action: MachineAction, patienceMs: number): boolean {
  if (action.status !== "Failed") return action.status === "TimeOut";
  const fromMs = action.createdAtMs ?? record.submittedAtMs;
  const untilMs = action.updatedAtMs;
  return fromMs !== null && untilMs !== null && untilMs - fromMs > patienceMs;
}

function concludeCancelled(
  record: SequenceRecord,
  action: MachineAction,
  nowMs: number,
  parkUntilMs: number,
): SequenceRecord {
  const { cancel } = record;
  if (cancel === null || cancel.why === "asked") {
    const outcome = cancelledBy(cancel?.by ?? "somebody else, in Defender");
    return finish(record, action, { state: "cancelled", outcome }, nowMs);
  }
  if (!isUntouched(record, action)) {
    return finish(record, action, { state: "failed", outcome: INTERRUPTED }, nowMs);
  }
  if (cancel.why === "offline" && nowMs < record.expiresAtMs) {
    return parkOffline(record, nowMs, parkUntilMs);
  }
  const detail = "The machine did not come online before the sequence expired.";
  const outcome = { code: "expired", detail };
  return finish(record, action, { state: "expired", outcome }, nowMs);
}

function succeed(record: SequenceRecord, action: MachineAction, nowMs: number): SequenceRecord {
  const results = withOwed(record, action);
  if (record.part + 1 < record.parts.length) {
    const next = { ...record, results, part: record.part + 1, attempt: 0, attempts: 0, pass: 0 };
    return giveBack(next, { kind: "ready" }, null);
  }
  return { ...moved(record, "succeeded"), results, endedAtMs: nowMs, outcome: null };
}

/** The end of a sequence, and what a person should know of it. */
interface End {
  readonly state: "failed" | "timedOut" | "cancelled" | "expired";
  readonly outcome: { readonly code: string; readonly detail: string };
}

function finish(
  record: SequenceRecord,
  action: MachineAction,
  { state, outcome }: End,
  nowMs: number,
): SequenceRecord {
  return {
    ...moved(record, state),
    results: withOwed(record, action),
    endedAtMs: nowMs,
    outcome,
  };
}

function parkOffline(record: SequenceRecord, nowMs: number, dueAtMs: number): SequenceRecord {
  const times = record.offlineTimes + 1;
  const reason: Reason = { code: "offline", sinceMs: nowMs, times };
  return giveBack({ ...record, offlineTimes: times }, { kind: "later", dueAtMs }, reason);
}

/** The record in its next state; the old place and reason are removed. */
function moved(record: SequenceRecord, state: SequenceState): SequenceRecord {
  const allowed: readonly SequenceState[] = LEGAL_MOVES[record.state];
  if (!allowed.includes(state)) {
    throw new Error(`${record.sequenceId} cannot go from ${record.state} to ${state}`);
  }
  return { ...record, state, place: null, reason: null, libraryHold: null };
}
