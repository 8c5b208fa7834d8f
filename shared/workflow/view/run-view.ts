import type { StateCounts } from "../../ledger/run/counts.ts";
import type { RunRecord, RunState } from "../../ledger/run/run.ts";
import type { SequenceRecord, SequenceState } from "../../ledger/sequence/sequence.ts";
import type { WaitCode } from "../../advice/waits.ts";
import type { Command } from "../../plan/command/command.ts";

export interface RunView {
  readonly runId: string;
  readonly state: RunState;
  readonly source: string;
  readonly incidentId: string;
  readonly title: string;
  readonly severity: string;
  readonly url: string | null;
  /** The team that it belongs to; null if it belongs to every team. */
  readonly team: string | null;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
  /** Its last seal; null if it has none. */
  readonly seal: SealView | null;
  readonly counts: StateCounts;
  /** Sequences with at least one script that failed by its own result, whatever their state. */
  readonly scriptsFailed: number;
  /** Results by state: stored, still to fetch, and unavailable. */
  readonly results: Readonly<Record<ResultView["state"], number>>;
  /** Sequences of which a part may have run twice on the machine. */
  readonly doneTwice: number;
  /** Sequences of which somebody else's action has a mark. */
  readonly impersonated: number;
  readonly sequences: readonly SequenceView[];
  /**
   * Rows of the run that this version of the app cannot read, and why. What is in them is not in
   * the counts. It counts as open until a version that can read it has ended it.
   */
  readonly setAside: readonly { readonly key: string; readonly why: string }[];
  readonly skipped: RunRecord["skipped"];
  /** Machines found by another name or id than was sent. */
  readonly readAs: RunRecord["readAs"];
  readonly callbacks: readonly TargetView[];
  /** Who made the last cancel of the run, and when; null if nobody did. */
  readonly cancelAsked: { readonly by: string; readonly at: string } | null;
  /** What lets its sequences go; null if all may. */
  readonly gate: {
    readonly state: "first" | "open" | "paused";
    readonly why: string | null;
    readonly pausedAt: string | null;
  } | null;
  /** The approval that some of its sequences wait for; null if none waits. */
  readonly approval: ApprovalView | null;
}

/** A seal of the run: the SHA-256 of a statement of all that was asked for, and its results. */
interface SealView {
  readonly number: number;
  readonly hash: string;
  readonly at: string;
  /** False if the run has grown since, or if a version without seals has finished it. */
  readonly current: boolean;
}

/** What has to be approved, why, and who may approve it. */
interface ApprovalView {
  /** Why each sequence of the plan needs an approval. */
  readonly reasons: readonly { readonly sequenceId: string; readonly why: string }[];
  readonly planHash: string;
  readonly sequences: number;
  readonly needed: number;
  readonly given: readonly { readonly by: string; readonly at: string }[];
  /** Callers with the right who have neither asked for it nor approved it. */
  readonly mayApprove: readonly string[];
  readonly expiresAt: string;
}

/** One who is told of the run: only the host of the address, because the rest can be a secret. */
interface TargetView {
  readonly shape: string;
  readonly host: string;
  readonly events: readonly string[];
  /** The last delivery, and how many tries it took; null while there was none. */
  readonly deliveredAt: string | null;
  readonly tries: number | null;
  /** When it answered 410; since then it is told nothing more. */
  readonly endedAt: string | null;
}

/** Each member is null if Defender did not say it; `askedAt` if an older version asked. */
interface MachineFactsView {
  readonly platform: string | null;
  readonly tags: readonly string[] | null;
  readonly group: string | null;
  /** Defender's word for the health of its sensor. */
  readonly health: string | null;
  readonly askedAt: string | null;
}

export interface SequenceView {
  readonly sequenceId: string;
  readonly requestedBy: string;
  /** The sequence that it runs again, and the one that runs it again; null if there is none. */
  readonly retryOf: string | null;
  readonly retriedBy: string | null;
  readonly machineId: string;
  readonly machineName: string | null;
  /** What Defender said of the machine; null as long as it has not been asked. */
  readonly machineFacts: MachineFactsView | null;
  readonly profile: { readonly name: string; readonly version: number };
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: SequenceState;
  readonly machineActionId: string | null;
  /** Defender's word for the action, when last seen. */
  readonly machineActionStatus: string | null;
  /**
   * What its scripts say of themselves, besides what Defender says of the action; `unknown` if a
   * script's result cannot be read, null while there is none.
   */
  readonly scripts: "ok" | "failed" | "unknown" | null;
  /** True if a part of it may have run twice: by its own action and by one of `lateActions`. */
  readonly doneTwice: boolean;
  /** Its actions that appeared when it had another one, or was over. */
  readonly lateActions: readonly LateActionView[];
  /** Actions of others that have a mark of it: the first twenty. */
  readonly impersonations: readonly ImpersonationView[];
  readonly acceptedAt: string;
  readonly submittedAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: SequenceRecord["outcome"];
  /** Who asked to cancel it, and when; null if nobody did. */
  readonly cancel: CancelView | null;
  readonly waits: WaitView | null;
  /** What is to be known of it first; null if all is well. */
  readonly nextStep: NextStepView | null;
  readonly commands: readonly CommandView[];
}

interface CancelView {
  readonly by: string;
  readonly at: string;
  /** True if it had ended before, or ended in another way before Defender cancelled it. */
  readonly tooLate: boolean;
}

/** An action whose POST had been given up; `ran` is true if commands of it may have run. */
interface LateActionView {
  readonly machineActionId: string;
  readonly status: string;
  readonly ran: boolean;
}

/**
 * Somebody else's action with a mark of the sequence; machine and requestor are null if Defender
 * does not say, and `why` is what does not fit.
 */
interface ImpersonationView {
  readonly machineActionId: string;
  readonly machineId: string | null;
  readonly requestor: string | null;
  readonly why: string;
  readonly seenAt: string;
}

/** What a person can do about a sequence; `code` is the one that says most about it. */
export interface NextStepView {
  readonly code: string;
  readonly step: string;
  /** False if it goes on by itself. */
  readonly needsPerson: boolean;
}

/** Why a sequence waits, and what is known of its start. Position 1 goes next. */
export interface WaitView {
  readonly code: WaitCode;
  readonly detail: string;
  readonly position: number | null;
  readonly estimatedStart: string | null;
}

export interface CommandView {
  /** Counted over all parts; it is the last part of the evidence address. */
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
  /** Why the last try failed, or a note about what is stored. */
  readonly detail: string | null;
  /** Tries so far. A result that is owed is tried again without a limit, next at `nextTryAt`. */
  readonly tries: number;
  readonly nextTryAt: string | null;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly servedName: string | null;
  readonly path: string | null;
  /** True if a script ended with another exit code than 0, or wrote errors; null if not known. */
  readonly scriptFailed: boolean | null;
  readonly exitCode: number | null;
  /** What the script wrote; null for a caller who may not read evidence. */
  readonly output: string | null;
  readonly scriptErrors: string | null;
  /** How many rows of a sweep were read of it; null if it has none. */
  readonly rows: {
    readonly count: number;
    readonly wrong: number;
    /** The bound at which lrq stopped; null if it has read all. */
    readonly cut: "rows" | "bytes" | null;
    /** Why the result, or the rest of it, is no rows; null if it is. */
    readonly trouble: string | null;
  } | null;
}
