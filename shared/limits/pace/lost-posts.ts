import { z } from "zod";
import { isFinal } from "../../ledger/sequence/machine-action.ts";
import { holdsSession, isTerminal, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { sameMark, markOf, type Mark } from "../../ledger/sequence/mark.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * A POST that was given up without an answer: its mark, until when lrq looks for its action, and
 * what lists have shown of it, in Defender's words as in a session. Epoch milliseconds.
 */
export const lostPostSchema = rowObject({
  sequenceId: z.string(),
  part: z.number().int(),
  attempt: z.number().int(),
  claimedAtMs: fineInstant,
  untilMs: fineInstant,
  /** The age of the POST when it was given up. */
  missedMs: z.number().nonnegative(),
  seen: z.array(z.string()).nullable(),
  cancelSent: z.boolean(),
});
export type LostPost = z.infer<typeof lostPostSchema>;

/**
 * For this long lrq looks for an action after its POST was given up, and again after a list showed
 * it.
 */
const LOOKED_FOR_MS = 3_600_000;
/** More than an outage leaves in an hour, and small next to the rest of the row. */
const LOST_MAX = 100;

/** The lost POSTs whose actions may still appear. */
export function lookedFor(lost: readonly LostPost[], nowMs: number): LostPost[] {
  return lost.filter((each) => nowMs <= each.untilMs);
}

/** How many lost POSTs were claimed after that instant, and have an action in no list yet. */
export function unseenSince(lost: readonly LostPost[], sinceMs: number): number {
  return lost.filter((each) => each.seen === null && each.claimedAtMs > sinceMs).length;
}

/** The sequences of lost POSTs whose action a list has shown: they do not go again. */
export function shownIn(lost: readonly LostPost[]): string[] {
  return lost.flatMap(({ seen, sequenceId }) => (seen === null ? [] : sequenceId));
}

/** The lost POST with this mark; null if there is none. */
export function lostOf(lost: readonly LostPost[], mark: Mark): LostPost | null {
  return lost.find((each) => sameMark(each, mark)) ?? null;
}

/** The lost POSTs, with the one of `before` if `after` gave it up and nobody saw its end. */
export function withLostOf(
  lost: readonly LostPost[],
  before: SequenceRecord,
  after: SequenceRecord,
  nowMs: number,
): LostPost[] {
  if (!isLost(before, after)) return lookedFor(lost, nowMs);
  const claimedAtMs = before.claimedAtMs ?? nowMs;
  const missedMs = Math.max(0, nowMs - claimedAtMs);
  const known = lostOf(lost, markOf(before));
  const post = { ...known, ...markOf(before), ...newlyLost(claimedAtMs, nowMs), missedMs };
  return withPost(lost, post, nowMs);
}

/**
 * The lost POSTs, with what a list shows of one action. If its POST was not among them, it is now.
 */
export function withShown(
  lost: readonly LostPost[],
  mark: Mark,
  shown: Pick<LostPost, "seen" | "cancelSent">,
  nowMs: number,
): LostPost[] {
  const known = lostOf(lost, mark) ?? { ...mark, ...newlyLost(nowMs, nowMs) };
  const cancelSent = known.cancelSent || shown.cancelSent;
  const untilMs = nowMs + LOOKED_FOR_MS;
  return withPost(lost, { ...known, ...shown, cancelSent, untilMs }, nowMs);
}

/** The lost POSTs without the one with this mark. */
export function withoutLost(lost: readonly LostPost[], mark: Mark): LostPost[] {
  return lost.filter((each) => !sameMark(each, mark));
}

function withPost(lost: readonly LostPost[], post: LostPost, nowMs: number): LostPost[] {
  return [...withoutLost(lookedFor(lost, nowMs), post), post].slice(-LOST_MAX);
}

function newlyLost(claimedAtMs: number, nowMs: number): Omit<LostPost, keyof Mark> {
  const untilMs = nowMs + LOOKED_FOR_MS;
  return { claimedAtMs, untilMs, missedMs: 0, seen: null, cancelSent: false };
}

/**
 * True if the answer never came, or the action was never seen to end, so that it may still appear.
 */
function isLost(before: SequenceRecord, after: SequenceRecord): boolean {
  if (!holdsSession(before)) return false;
  if (holdsSession(after)) return after.attempt !== before.attempt;
  if (after.actionStatus !== null && isFinal(after.actionStatus)) return false;
  return before.state !== "submitted" || isTerminal(after);
}
