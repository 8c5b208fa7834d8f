/**
 * The senders that lrq knows. Each has its own parser, and its name is the last part of the
 * webhook's path.
 */
export const SOURCES = ["sentinel", "defender", "graph", "servicenow", "jira", "generic"] as const;
export type Source = (typeof SOURCES)[number];

/** Severities from lowest to highest; `unknown` if the sender named none; lrq does not guess. */
export const SEVERITIES = [
  "unknown",
  "informational",
  "low",
  "medium",
  "high",
  "critical",
] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The operating systems a profile can be for. */
export const PLATFORMS = ["windows", "linux", "macos"] as const;
export type Platform = (typeof PLATFORMS)[number];

/**
 * A system without profiles, or a word that is in none of our tables; `said` is the word as it was
 * sent.
 */
interface OtherSystem {
  readonly kind: "notOurs" | "unknownWord";
  readonly said: string;
}

/** What the sender says of a machine's system; null if it says nothing. */
export type SaidPlatform = Platform | OtherSystem | null;

/**
 * A machine as a sender names it: by Defender's id (40 hex digits, lower case), by name, or both.
 */
export interface MachineMention {
  readonly machineId: string | null;
  /**
   * DNS name as the sender wrote it, lower case. It is for people and never identifies a machine.
   */
  readonly name: string | null;
  readonly platform: SaidPlatform;
  /**
   * The name as the sender wrote it, if lrq had to interpret it (`CORP\PC-1`, `PC-1$`) or it is no
   * DNS name.
   */
  readonly written?: string;
}

/** A machine on which nothing runs, by a name that people know, and why. */
export interface SkippedMachine {
  readonly machine: string;
  readonly reason: string;
}

/**
 * The result of every sender's message: the one form of an incident for the rest of the program.
 */
export interface Incident {
  readonly source: Source;
  /**
   * The sender's own id of the incident, which its updates keep; together with the source it
   * identifies the run.
   */
  readonly incidentId: string;
  readonly title: string;
  readonly severity: Severity;
  /** Where a person can read about it, if the sender says so. */
  readonly url: string | null;
  /** Each machine once, in the order in which they were first named. */
  readonly machines: readonly MachineMention[];
  /** Machines that the sender named in a way by which they cannot be found. */
  readonly unusable: readonly SkippedMachine[];
  /**
   * What the body itself asks for (only the generic source can); null leaves it to the query or the
   * routing rules.
   */
  readonly asks: Asks | null;
  /** Where the body itself asks to be called back (only the generic source can). */
  readonly callback: AskedCallback | null;
  /** The incident as a resource of Azure, from Sentinel: `/subscriptions/.../incidents/<id>`. */
  readonly armId: string | null;
}

/** The events of a run that a callback can be asked for. */
export const RUN_EVENTS = [
  "run.accepted",
  "sequence.ended",
  "run.finished",
  "run.approvalNeeded",
  "run.paused",
  "run.libraryDrift",
] as const;

/** An address for callbacks; whether lrq may send there is not decided yet. */
export interface AskedCallback {
  readonly url: string;
  /** The events to send; null means the usual ones. */
  readonly events: readonly (typeof RUN_EVENTS)[number][] | null;
}

/** A profile asked for by name, and the values for its parameters. */
export interface Asks {
  readonly profile: string | null;
  readonly parameters: Readonly<Record<string, string>>;
}
