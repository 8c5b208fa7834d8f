import type { SequenceResult } from "../../ledger/sequence/sequence.ts";
import { backOff } from "./limits.ts";

/** A result did not come this time. */
export interface NotYet {
  readonly kind: "notYet";
  readonly detail: string;
  /** Whether Defender says that it has the result; any other failure says nothing about that. */
  readonly has: "none" | "some" | "unknown";
  /** How long Defender asked us to wait, if it did. */
  readonly retryAfterMs: number | null;
}

/** When a try was, and what the next waits depend on; milliseconds. */
export interface Times {
  readonly nowMs: number;
  readonly pollMs: number;
  /**
   * For this long Defender has to say that it has no result of a completed command, before lrq
   * gives it up.
   */
  readonly absentMs: number;
  readonly hasCompleted: boolean;
}

/**
 * The wait between two tries doubles from one poll (15 s) to this many, ten minutes. Nobody else
 * asks for links, so it may also take this long to see that Defender lets us in again.
 */
const WAITS_MOST = 40;
/**
 * A command that did not complete may have left nothing. If Defender says so for this many polls,
 * two minutes, that is enough. Clients find results three to five seconds after the end (seen).
 */
const POLLS_ABSENT = 8;

/**
 * The result after a try that did not bring it: due again, without a limit; or unavailable, if
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
