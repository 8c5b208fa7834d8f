import { isFinal, type MachineAction } from "../../ledger/sequence/machine-action.ts";
import { conclude } from "../../ledger/sequence/conclude.ts";
import { loseAnswer, submit } from "../../ledger/sequence/moves.ts";
import { observe } from "../../ledger/sequence/progress.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { waitWhileBusy } from "../pace/busy.ts";
import { tryAgain } from "../pace/unanswered.ts";
import type { Limits } from "../pace/limits.ts";
import { guardMs } from "../pace/list-lag.ts";
import { offlineWaitMs, patienceMs } from "../pace/patience.ts";
import type { SessionFacts } from "../pace/session.ts";
import { isPresent } from "./judge-owner.ts";

/** What Defender's list means for an open sequence. */
export type Judgement =
  | { readonly kind: "leave" }
  /** The new record. */
  | { readonly kind: "move"; readonly after: SequenceRecord }
  /** Ask Defender to cancel the action, then write this record. */
  | { readonly kind: "cancel"; readonly actionId: string; readonly after: SequenceRecord }
  /**
   * The list does not show it, and it is too old for that to be the delay of the list: ask Defender
   * for it by its id.
   */
  | { readonly kind: "ask"; readonly actionId: string };

/** What Defender's list shows of one sequence, and what was known when the list was asked for. */
export interface Listing {
  /**
   * The action with the record's action id, or else that of its attempt; null if the list shows
   * neither.
   */
  readonly action: MachineAction | null;
  /** What Defender calls us; empty while that is not known. */
  readonly requestors: readonly string[];
  /** The earliest time at which the list was asked for. */
  readonly nowMs: number;
  /** True if sequences wait that could use the session. */
  readonly othersWait: boolean;
  /**
   * How long online machines have lately taken to begin; null while sessions are not scarce, or too
   * little is known.
   */
  readonly pickupMs: number | null;
  /** The longest time that lists have lately taken to show an action of ours. */
  readonly lagMs: number;
}

/**
 * A list may not show a young action yet (seen). A missing action is news only if it is older, and
 * older than lists lately needed to show one. An action that no list has shown yet counts for that.
 */
const UNLISTED_MS = 600_000;

/** False only if `judge` would not change the sequence. */
export function isNews(facts: SessionFacts, listing: Listing, limits: Limits): boolean {
  if (facts.state === "claimed") return isAnswerOverdue(facts, listing.nowMs, limits);
  if (facts.state !== "submitted") return true;
  const { action } = listing;
  if (action === null) return isUnlistedTooLong(facts, listing, limits);
  // Without a comment only the record can say that it is ours.
  const isOwn = action.comment !== null && isPresent(facts, action, { ...listing, limits });
  if (!isOwn || isFinal(action.status)) return true;
  return cancelNeeded(facts, action, listing, limits)?.sent === false;
}

/** Decides only; the caller applies it. */
export function judge(record: SequenceRecord, listing: Listing, limits: Limits): Judgement {
  switch (record.state) {
    case "claimed":
      return isAnswerOverdue(record, listing.nowMs, limits)
        ? judgeUnconfirmed(loseAnswer(record), listing, limits, true)
        : { kind: "leave" };
    case "unconfirmed":
      return judgeUnconfirmed(record, listing, limits, false);
    case "submitted":
      return judgeSubmitted(record, listing, limits);
    case "waiting":
    case "succeeded":
    case "failed":
    case "timedOut":
    case "cancelled":
    case "expired":
    case "refused":
      return { kind: "leave" };
  }
}

/** True once nobody can still be waiting for the answer to the POST of a claim. */
export function isAnswerOverdue(
  record: Pick<SequenceRecord, "claimedAtMs">,
  nowMs: number,
  limits: Limits,
): boolean {
  // Fence and timeout have passed, and half of the timeout again to write the answer down.
  const longest = limits.sendFenceMs + limits.callTimeoutMs * 1.5;
  return record.claimedAtMs !== null && nowMs > record.claimedAtMs + longest;
}

/**
 * The sequence takes the action if the list shows it. If not, it goes back into the queue once the
 * POST is older than the longest delay we expect of the list.
 */
function judgeUnconfirmed(
  record: SequenceRecord,
  listing: Listing,
  limits: Limits,
  changed: boolean,
): Judgement {
  if (listing.action !== null) {
    const adopted = submit(record, listing.action.id, listing.nowMs);
    const next = judgeSubmitted(adopted, listing, limits);
    return next.kind === "leave" ? { kind: "move", after: adopted } : next;
  }
  const { claimedAtMs } = record;
  if (claimedAtMs !== null && listing.nowMs <= claimedAtMs + guardMs(listing.lagMs, limits)) {
    return changed ? { kind: "move", after: record } : { kind: "leave" };
  }
  return { kind: "move", after: tryAgain(record, listing.nowMs, limits) };
}

function judgeSubmitted(record: SequenceRecord, listing: Listing, limits: Limits): Judgement {
  const { action, nowMs } = listing;
  if (action === null) return judgeUnlisted(record, listing, limits);
  if (!isPresent(record, action, { ...listing, limits })) {
    // The 201 named an action that was there before: ours was never made, and its machine is busy.
    return { kind: "move", after: waitWhileBusy(record, nowMs, limits) };
  }
  if (isFinal(action.status)) {
    const parkUntilMs = nowMs + offlineWaitMs(record, limits);
    const offline = { parkUntilMs, patienceMs: limits.patienceMs };
    return { kind: "move", after: conclude(record, action, nowMs, offline) };
  }
  const cancel = cancelNeeded(record, action, listing, limits);
  if (cancel === null || cancel.sent) return { kind: "leave" };
  const after = { ...observe(record, action), cancel: { ...cancel, sent: true } };
  return { kind: "cancel", actionId: action.id, after };
}

function judgeUnlisted(record: SequenceRecord, listing: Listing, limits: Limits): Judgement {
  return isUnlistedTooLong(record, listing, limits) && record.actionId !== null
    ? { kind: "ask", actionId: record.actionId }
    : { kind: "leave" };
}

function isUnlistedTooLong(
  { submittedAtMs }: SessionFacts,
  { nowMs, lagMs }: Listing,
  limits: Limits,
): boolean {
  const longestMs = Math.max(UNLISTED_MS, guardMs(lagMs, limits));
  return submittedAtMs !== null && nowMs > submittedAtMs + longestMs;
}

/**
 * A cancel is needed if somebody asked for it; if the action is Pending past its expiry; or if it
 * is Pending past our patience while others wait for its session.
 */
function cancelNeeded(
  record: SessionFacts,
  action: MachineAction,
  { nowMs, othersWait, pickupMs }: Listing,
  limits: Limits,
): SequenceRecord["cancel"] {
  if (record.cancel !== null) return record.cancel;
  if (action.status !== "Pending") return null;
  const by = { by: "lrq", atMs: nowMs, sent: false };
  if (nowMs >= record.expiresAtMs) return { ...by, why: "expired" };
  const waitedMs = nowMs - (record.submittedAtMs ?? nowMs);
  const isOverdue = othersWait && waitedMs > patienceMs(record, pickupMs, limits);
  return isOverdue ? { ...by, why: "offline" } : null;
}
