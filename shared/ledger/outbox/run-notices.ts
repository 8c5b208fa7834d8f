import { noticesOf, type Notice } from "./notice.ts";
import type { RunRecord } from "../run/run.ts";

/**
 * The notices of accepting, when `after` is written in the place of `before` (null: the run is
 * new). A target that joins later gets the present state of the run.
 */
export function noticesOfAccepting(
  before: RunRecord | null,
  after: RunRecord,
  nowMs: number,
): Notice[] {
  if (before === null || before.accepted < after.accepted)
    return noticesOf(after, "run.accepted", null, nowMs);
  const known = new Set(before.callbacks.map((each) => each.targetId));
  const joining = after.callbacks.filter((each) => !known.has(each.targetId));
  return noticesOfRunState({ ...after, callbacks: joining }, nowMs);
}

/** What is owed when one sequence of `run` has ended; `run` is the run after that. */
export function noticesOfEnd(run: RunRecord, sequenceId: string, nowMs: number): Notice[] {
  const ended = noticesOf(run, "sequence.ended", sequenceId, nowMs);
  const over = run.finishedAtMs !== null;
  return over ? [...ended, ...noticesOf(run, "run.finished", null, nowMs)] : ended;
}

/** The present state of a run for all its targets: that it was accepted, and finished if it is. */
export function noticesOfRunState(run: RunRecord, nowMs: number): Notice[] {
  const accepted = noticesOf(run, "run.accepted", null, nowMs);
  const over = run.finishedAtMs !== null;
  return over ? [...accepted, ...noticesOf(run, "run.finished", null, nowMs)] : accepted;
}
