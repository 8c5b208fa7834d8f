import { z } from "zod";
import { isFinal } from "../../ledger/sequence/machine-action.ts";
import { holdsSession, isTerminal, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { sameMark, markOf, type Mark } from "../../ledger/sequence/mark.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * A POST that was given up without an answer: which, until when its action is looked for, and what
 * lists have shown of it, in Defender's words as a session keeps them. Epoch milliseconds.
 */
export const lostPostSchema = rowObject({
  sequenceId: z.string(),
  part: z.number().int(),
  attempt: z.number().int(),
  claimedAtMs: fineInstant,
  untilMs: fineInstant,
  /** How old it was when it was given up. */
  missedMs: z.number().nonnegative(),
  seen: z.array(z.string()).nullable(),
  cancelSent: z.boolean(),
});
export type LostPost = z.infer<typeof lostPostSchema>;

/** So long an action is looked for once it is given up, and again when it has come to light. */
const LOOKED_FOR_MS = 3_600_000;
/** More than an outage leaves in an hour, and little next to the rest of the row. */
const LOST_MAX = 100;

/** Those whose actions may still come to light. */
export function lookedFor(lost: readonly LostPost[], nowMs: number): LostPost[] {
  return lost.filter((each) => nowMs <= each.untilMs);
}

/** That of a mark, if it is known. */
export function lostOf(lost: readonly LostPost[], mark: Mark): LostPost | null {
  return lost.find((each) => sameMark(each, mark)) ?? null;
}

/** With that of `before`, if the record let go of it and nobody has seen an end. */
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

/** With what a list shows of its action; one that was not known is looked for from now on. */
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

/** Without that of the mark. */
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

/** Its answer never came, or its action was never seen to end: it may show yet. */
function isLost(before: SequenceRecord, after: SequenceRecord): boolean {
  if (!holdsSession(before)) return false;
  if (holdsSession(after)) return after.attempt !== before.attempt;
  if (after.actionStatus !== null && isFinal(after.actionStatus)) return false;
  return before.state !== "submitted" || isTerminal(after);
}
