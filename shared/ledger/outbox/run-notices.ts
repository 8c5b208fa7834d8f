import { newsOf, noticesOf, type Notice } from "./notice.ts";
import { awaiting, planOf } from "../run/approval.ts";
import type { RunRecord } from "../run/run.ts";
import type { LibraryHold } from "../sequence/library-files.ts";
import type { SequenceRecord } from "../sequence/sequence.ts";

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

/**
 * What is owed if any of the `added` sequences has to be approved: they make another plan of all
 * that waits, and `known` is the rest of it.
 */
export function noticesOfPlan(
  run: RunRecord,
  { known, added }: Readonly<Record<"known" | "added", readonly SequenceRecord[]>>,
  nowMs: number,
): Notice[] {
  const waiting = awaiting([...known, ...added]);
  const plan = planOf(run.approval, waiting);
  if (plan === null || awaiting(added).length === 0) return [];
  const { planHash, untilMs } = plan;
  const needed = run.approval?.needed ?? 1;
  const about = { kind: "approval", planHash, sequences: waiting.length, needed, untilMs } as const;
  return newsOf(run, "run.approvalNeeded", { about, which: planHash, nowMs });
}

/** What is owed if the run, written in the place of `before`, has paused itself. */
export function noticesOfPause(before: RunRecord, run: RunRecord, nowMs: number): Notice[] {
  if (run.gate?.state !== "paused" || before.gate?.state === "paused") return [];
  const about = { kind: "runPaused", why: run.gate.paused?.why ?? "" } as const;
  return newsOf(run, "run.paused", { about, which: String(run.turns), nowMs });
}

/** What is owed when the library first holds back a sequence of the run. */
export function noticesOfDrift(
  run: RunRecord,
  { file, pinned, listed, sinceMs }: Extract<LibraryHold, { code: "libraryDrift" }>,
  nowMs: number,
): Notice[] {
  const about = { kind: "drift", file, pinned, listed, sinceMs } as const;
  return newsOf(run, "run.libraryDrift", { about, which: file, nowMs });
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
