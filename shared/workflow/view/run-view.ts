import type { StateCounts } from "../../ledger/run/counts.ts";
import type { RunRecord, RunState } from "../../ledger/run/run.ts";
import type { SequenceRecord, SequenceState } from "../../ledger/sequence/sequence.ts";
import type { Command } from "../../plan/command/command.ts";

export interface RunView {
  readonly runId: string;
  readonly state: RunState;
  readonly source: string;
  readonly incidentId: string;
  readonly title: string;
  readonly severity: string;
  readonly url: string | null;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
  /** Its last seal; null if it has none. */
  readonly seal: SealView | null;
  readonly counts: StateCounts;
  /** Sequences of which at least one script failed by its own word, whatever their state. */
  readonly scriptsFailed: number;
  /** Results by state: stored, still to be fetched, and not to be had. */
  readonly results: Readonly<Record<ResultView["state"], number>>;
  /** Sequences of which a part may have run twice on its machine. */
  readonly doneTwice: number;
  readonly sequences: readonly SequenceView[];
  /**
   * Rows of the run that this version of the app cannot read, and why: what they hold is in no
   * count, and open until somebody who can read them has ended it.
   */
  readonly setAside: readonly { readonly key: string; readonly why: string }[];
  readonly skipped: RunRecord["skipped"];
  /** Machines found by another name or id than was sent. */
  readonly readAs: RunRecord["readAs"];
  readonly callbacks: readonly TargetView[];
  /** Who asked last to cancel the run, and when; null if nobody did. */
  readonly cancelAsked: { readonly by: string; readonly at: string } | null;
  /** What lets its sequences go; null if all may. */
  readonly gate: {
    readonly state: "first" | "open" | "paused";
    readonly why: string | null;
    readonly pausedAt: string | null;
  } | null;
  /** What some of its sequences wait to be approved by; null if none does. */
  readonly approval: ApprovalView | null;
}

/** A seal of the run: the SHA-256 of all that was asked for, and what came of it. */
interface SealView {
  readonly number: number;
  readonly hash: string;
  readonly at: string;
  /** False if the run has grown since, or somebody who knows no seals has finished it. */
  readonly current: boolean;
}

/** What has to be approved, and by whom it can be. */
interface ApprovalView {
  readonly planHash: string;
  readonly sequences: number;
  readonly needed: number;
  readonly given: readonly { readonly by: string; readonly at: string }[];
  /** Callers with the right who have neither asked for it nor approved it. */
  readonly mayApprove: readonly string[];
  readonly expiresAt: string;
}

/** Somebody who is told of the run: host of the address only, for the rest can be a secret. */
interface TargetView {
  readonly shape: string;
  readonly host: string;
  readonly events: readonly string[];
  /** The last delivery, and how many tries it took; null while there was none. */
  readonly deliveredAt: string | null;
  readonly tries: number | null;
  /** When it answered 410, and so is told nothing more. */
  readonly endedAt: string | null;
}

export interface SequenceView {
  readonly sequenceId: string;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly profile: { readonly name: string; readonly version: number };
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: SequenceState;
  readonly machineActionId: string | null;
  /** Defender's word for the action, when last seen. */
  readonly machineActionStatus: string | null;
  /**
   * What its scripts say of themselves, apart from what Defender says of the action; `unknown` when
   * a script's result cannot be read, null while there is none.
   */
  readonly scripts: "ok" | "failed" | "unknown" | null;
  /** True if a part of it may have run twice: by its own action and by one of `lateActions`. */
  readonly doneTwice: boolean;
  /** Actions of it that came to light when it had another one, or was over. */
  readonly lateActions: readonly LateActionView[];
  readonly acceptedAt: string;
  readonly submittedAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: SequenceRecord["outcome"];
  /** Who asked to cancel it, and when; null if nobody did. */
  readonly cancel: CancelView | null;
  readonly waits: WaitView | null;
  readonly commands: readonly CommandView[];
}

interface CancelView {
  readonly by: string;
  readonly at: string;
  /** True if it had ended otherwise by then, or did before Defender cancelled it. */
  readonly tooLate: boolean;
}

/** An action whose POST had been given up; `ran` is true if commands of it may have run. */
interface LateActionView {
  readonly machineActionId: string;
  readonly status: string;
  readonly ran: boolean;
}

/** Why a sequence waits, and what is known of when it starts. Position 1 is the next to go. */
export interface WaitView {
  readonly code: string;
  readonly detail: string;
  readonly position: number | null;
  readonly estimatedStart: string | null;
}

export interface CommandView {
  /** Counted through all parts: the last part of the evidence address. */
  readonly index: number;
  readonly type: Command["type"];
  readonly target: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly errors: readonly string[];
  readonly result: ResultView | null;
}

export interface ResultView {
  readonly state: "owed" | "stored" | "unavailable";
  /** Why the last try failed, or what is to be known of what is stored. */
  readonly detail: string | null;
  /** Tries so far; one that is owed is tried again without end, next at `nextTryAt`. */
  readonly tries: number;
  readonly nextTryAt: string | null;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly servedName: string | null;
  readonly path: string | null;
  /** True if a script ended with another exit code than 0, or wrote errors; null if unknown. */
  readonly scriptFailed: boolean | null;
  readonly exitCode: number | null;
  readonly output: string | null;
  readonly scriptErrors: string | null;
}
