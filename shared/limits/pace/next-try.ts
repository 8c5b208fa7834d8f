import type { SequenceResult } from "../../ledger/sequence/sequence.ts";
import { backOff } from "./limits.ts";

/** A result did not come this time. */
export interface NotYet {
  readonly kind: "notYet";
  readonly detail: string;
  /** Whether Defender has it, by its own word; trouble of any other kind says nothing of that. */
  readonly has: "none" | "some" | "unknown";
  /** How long Defender asked us to wait, if it did. */
  readonly retryAfterMs: number | null;
}

/** When a try was, and what the waits after it follow from; milliseconds. */
export interface Times {
  readonly nowMs: number;
  readonly pollMs: number;
  /** So long Defender has to say that it has no result of a command that completed. */
  readonly absentMs: number;
  readonly hasCompleted: boolean;
}

/**
 * The wait between two tries doubles from a poll (15 s) to so many of them, ten minutes. Nobody
 * else asks for links, so it is also how long it takes to see that we are let in again.
 */
const WAITS_MOST = 40;
/**
 * A command that did not complete may have left nothing: then so many polls of Defender's word, two
 * minutes, are enough. Clients find results three to five seconds after the end (seen).
 */
const POLLS_ABSENT = 8;

/**
 * The result after a try that did not bring it: due again, without end; or not to be had, if
 * Defender has said for long enough that there is none.
 */
export function afterTry(
  owed: SequenceResult,
  { detail, has, retryAfterMs }: NotYet,
  { nowMs, pollMs, absentMs, hasCompleted }: Times,
): SequenceResult {
  const tries = owed.tries + 1;
  const dueAtMs = nowMs + Math.max(retryAfterMs ?? 0, backOff(pollMs, tries, WAITS_MOST));
  if (has !== "none") {
    const absentSinceMs = has === "some" ? null : owed.absentSinceMs;
    return { ...owed, tries, detail, absentSinceMs, dueAtMs };
  }
  const absentSinceMs = owed.absentSinceMs ?? nowMs;
  const untilMs = absentSinceMs + (hasCompleted ? absentMs : pollMs * POLLS_ABSENT);
  if (nowMs < untilMs) {
    return { ...owed, tries, detail, absentSinceMs, dueAtMs: Math.min(dueAtMs, untilMs) };
  }
  return { ...owed, tries, detail, absentSinceMs, dueAtMs: null, state: "unavailable" };
}
