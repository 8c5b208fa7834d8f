import { z } from "zod";
import { instant } from "../row/instant.ts";
import { isUnapproved, waitsUntilMs, type Approval } from "./approval.ts";
import { scriptFailed } from "../sequence/progress.ts";
import type { SequenceRecord } from "../sequence/sequence.ts";
import { rowObject } from "../row/row-object.ts";

const count = z.number().int().nonnegative();

/**
 * What lets the sequences of a run go. `first`: a first wave goes, and the others wait until it has
 * ended; `open`: all may go; `paused`: none may, until somebody resumes the run.
 */
export const gateSchema = rowObject({
  state: z.enum(["first", "open", "paused"]),
  /** The wave that holds sequences back; they have its number. */
  wave: count,
  /** Open sequences that the present wave holds back. */
  held: count,
  /**
   * Sequences that succeeded or failed since the gate was last set, and those of them that failed.
   */
  done: count,
  failed: count,
  /** A larger share of failures pauses the run. */
  maxFailedShare: z.number(),
  paused: rowObject({ why: z.string(), atMs: instant }).nullable(),
});
export type Gate = z.infer<typeof gateSchema>;

/** The policy for new runs, from the settings. */
export interface GatePolicy {
  /** The number of sequences in a first wave, if a request brings more than `above`. */
  readonly first: number;
  readonly above: number;
  readonly maxFailedShare: number;
}

/** Fewer ends are too few to judge a share by; a first wave is judged with any number. */
const JUDGED_FROM = 5;

/**
 * The gate after `asked` new sequences, and how many of them need not wait for a first wave.
 * Without a policy there is no gate.
 */
export function gateFor(
  gate: Gate | null,
  asked: number,
  policy: GatePolicy | null,
): { readonly gate: Gate | null; readonly free: number } {
  if (policy === null) return { gate, free: asked };
  const { first, above, maxFailedShare } = policy;
  const fresh = { held: 0, done: 0, failed: 0, maxFailedShare, paused: null };
  const current: Gate = gate ?? { state: "open", wave: 0, ...fresh };
  if (current.state !== "open") return { gate: current, free: 0 };
  if (asked <= above) return { gate: current, free: asked };
  return { gate: { ...current, ...fresh, state: "first", wave: current.wave + 1 }, free: first };
}

/** The wave that a new sequence waits for; 0 is none, null if there is no gate. */
export function waveOf(gate: Gate | null, isFree: boolean): number | null {
  if (gate === null) return null;
  return isFree || gate.state !== "first" ? 0 : gate.wave;
}

/** The reasons for which a gate holds a sequence. */
const GATE_REASONS = ["approval", "canary", "runPaused"] as const;
type GateReason = { readonly code: (typeof GATE_REASONS)[number] };

/** True for a sequence that waits for the gate of its run, and for nothing else. */
export function waitsForGate({ reason }: Pick<SequenceRecord, "reason">): boolean {
  return GATE_REASONS.some((code) => code === reason?.code);
}

/** Why the run does not let a waiting sequence go; null if it does. */
export function gateReason(
  gate: Gate | null,
  record: Pick<SequenceRecord, "wave" | "part" | "approvals">,
): GateReason | null {
  if (isUnapproved(record)) return { code: "approval" };
  // A sequence that has begun on a machine is finished.
  if (gate === null || record.wave === null || record.part > 0) return null;
  if (gate.state === "paused") return { code: "runPaused" };
  return isOfWave(gate, record) ? { code: "canary" } : null;
}

/** The parts of a run that hold its sequences back. */
export interface RunGate {
  readonly gate: Gate | null;
  readonly approval: Approval | null;
}

/**
 * A waiting sequence at the place that its run gives it. A sequence that is held waits until its
 * expiry, or until the gate changes. For an approval it waits no longer than its run.
 */
export function placed(record: SequenceRecord, { gate, approval }: RunGate): SequenceRecord {
  const reason = gateReason(gate, record);
  if (reason === null) return record;
  const isForApproval = reason.code === "approval";
  const dueAtMs = isForApproval ? waitsUntilMs(approval, record) : record.expiresAtMs;
  return { ...record, place: { kind: "later", dueAtMs }, reason, libraryHold: null };
}

/** The gate after it has counted those of `records` that it holds back. */
export function withGated(gate: Gate | null, records: readonly SequenceRecord[]): Gate | null {
  if (gate?.state !== "first") return gate;
  return { ...gate, held: gate.held + records.filter((each) => isOfWave(gate, each)).length };
}

/**
 * The gate after one sequence of its run ended; `open` is how many of the run are left. A first
 * wave is over when only the sequences that it holds back are open. Then the gate opens, unless too
 * many failed or no result is known. After that, too many failures pause the run as well.
 */
export function gateAfterEnd(gate: Gate, after: SequenceRecord, open: number, nowMs: number): Gate {
  const verdict = verdictOf(after);
  const counted: Gate = {
    ...gate,
    held: Math.max(0, gate.held - (isOfWave(gate, after) ? 1 : 0)),
    done: gate.done + (verdict === null ? 0 : 1),
    failed: gate.failed + (verdict === "failed" ? 1 : 0),
  };
  const { state, held, done, failed, maxFailedShare } = counted;
  if (open === 0) return counted;
  const tooMany = failed > done * maxFailedShare;
  const why = `${failed} of ${done} sequences failed`;
  if (state === "first" && open <= held) {
    if (done > 0 && !tooMany) return { ...counted, state: "open", held: 0 };
    return paused(counted, done === 0 ? "the first wave ended without a result" : why, nowMs);
  }
  return state === "open" && done >= JUDGED_FROM && tooMany ? paused(counted, why, nowMs) : counted;
}

/** The gate after somebody resumed the run: all may go, and failures are counted from 0. */
export function reopened(gate: Gate): Gate {
  return { ...gate, state: "open", held: 0, done: 0, failed: 0, paused: null };
}

function paused(gate: Gate, why: string, atMs: number): Gate {
  return { ...gate, state: "paused", held: 0, paused: { why, atMs } };
}

function isOfWave(gate: Gate, { wave }: Pick<SequenceRecord, "wave">): boolean {
  return gate.state === "first" && wave === gate.wave;
}

/** Codes of sequences that lrq itself refuses, before it sends them. */
const NEVER_SENT: ReadonlySet<string> = new Set(["outOfScope", "otherMachine"]);

/** Null if the end says nothing about the other machines: somebody ended it, or it never ran. */
function verdictOf(record: SequenceRecord): "failed" | "succeeded" | null {
  const { state, outcome, results } = record;
  if (state === "failed" || state === "timedOut") return "failed";
  if (state === "refused") return NEVER_SENT.has(outcome?.code ?? "") ? null : "failed";
  if (state !== "succeeded") return null;
  return results.some((each) => scriptFailed(each) === true) ? "failed" : "succeeded";
}
