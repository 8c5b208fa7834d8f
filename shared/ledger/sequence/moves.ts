import { withActionOf, withClaim, type Claim } from "./claims.ts";
import { withGivenUp } from "./given-up.ts";
import { cancelledBy } from "./outcome.ts";
import { isTerminal, LEGAL_MOVES, type SequenceRecord, type SequenceState } from "./sequence.ts";
import { lastTry, NOT_RECORDED, unansweredAfter } from "./unanswered.ts";

/*
 * Every change of a sequence's record, but the one that follows from the end of its action
 * (conclude.ts). Each function takes the record before and returns the record after. A move that
 * LEGAL_MOVES does not allow throws, because it can only be a bug.
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
 * for people. If somebody asked to cancel it meanwhile, it ends; also if somebody stopped its round
 * before a part of it was done.
 */
export function giveBack(
  before: SequenceRecord,
  place: Place,
  reason: Reason | null,
): SequenceRecord {
  const record = withGivenUp(before);
  const asked = record.cancel?.why === "asked" ? record.cancel : null;
  // A sequence that has done a part on its machine is finished.
  const over = asked ?? (record.part > 0 ? null : record.stopped);
  if (over !== null) return end(record, "cancelled", cancelledBy(over.by), over.atMs);
  // A cancel of our own was for the action that is gone; it does not count for the next one.
  const back = { ...moved(record, "waiting"), actionId: null, cancel: null };
  return { ...back, place: withinExpiry(place, record.expiresAtMs), reason };
}

/** No sequence waits for a time past its expiry: then it is over, and its run can finish. */
function withinExpiry(place: Place, expiresAtMs: number): Place {
  if (place.kind !== "later") return place;
  return { kind: "later", dueAtMs: Math.min(place.dueAtMs, expiresAtMs) };
}

/** A waiting sequence at another place, until its expiry at most; its state does not change. */
export function park(record: SequenceRecord, place: Place, reason: Reason | null): SequenceRecord {
  if (record.state !== "waiting") throw new Error(`${record.sequenceId} is not waiting`);
  const within = withinExpiry(place, record.expiresAtMs);
  return { ...record, place: within, reason, libraryHold: null };
}

/**
 * A sequence that waited for something joins the ready ones: the time that it waits for Defender
 * begins now. A POST that did not get through does not begin it anew.
 */
export function makeReady(
  record: SequenceRecord,
  nowMs: number,
  reason: Reason | null = null,
): SequenceRecord {
  return { ...park(record, { kind: "ready" }, reason), readyAtMs: Math.floor(nowMs) };
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

/** Somebody stopped its round while it was under way: it goes on, and does not begin again. */
export function stop(record: SequenceRecord, by: string, nowMs: number): SequenceRecord {
  return { ...record, stopped: record.stopped ?? { by, atMs: nowMs } };
}

/** The record in its next state; the old place and reason are removed. */
export function moved(record: SequenceRecord, state: SequenceState): SequenceRecord {
  const allowed: readonly SequenceState[] = LEGAL_MOVES[record.state];
  if (!allowed.includes(state)) {
    throw new Error(`${record.sequenceId} cannot go from ${record.state} to ${state}`);
  }
  return { ...record, state, place: null, reason: null, libraryHold: null };
}
