/** The senders we know, each with a parser of its own; also the last part of the webhook's path. */
export const SOURCES = ["sentinel", "defender", "graph", "servicenow", "jira", "generic"] as const;
export type Source = (typeof SOURCES)[number];

/** Severities from least to most; `unknown` is a sender that did not say, never a guess. */
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

/** A system no profile can be for, or a word that is in no table of ours; `said` as it was sent. */
interface OtherSystem {
  readonly kind: "notOurs" | "unknownWord";
  readonly said: string;
}

/** What is said of a machine's system; null is nothing. */
export type SaidPlatform = Platform | OtherSystem | null;

/**
 * A machine as a sender speaks of it: by Defender's id (40 hex digits, lower case), by name, or by
 * both.
 */
export interface MachineMention {
  readonly machineId: string | null;
  /** DNS name as the sender wrote it, lower case; what a person recognises, never an identity. */
  readonly name: string | null;
  readonly platform: SaidPlatform;
  /** How the sender wrote the name, if it had to be read (`CORP\PC-1`, `PC-1$`) or is none. */
  readonly written?: string;
}

/** A machine nothing is run on, as a person knows it, and why. */
export interface SkippedMachine {
  readonly machine: string;
  readonly reason: string;
}

/** What every sender's message becomes: the one incident the rest of the program knows. */
export interface Incident {
  readonly source: Source;
  /**
   * The sender's own id of the incident, stable over its updates; with the source it makes the run.
   */
  readonly incidentId: string;
  readonly title: string;
  readonly severity: Severity;
  /** Where a person reads about it, if the sender says. */
  readonly url: string | null;
  /** Each machine once, in the order first mentioned. */
  readonly machines: readonly MachineMention[];
  /** Machines it names in a way that nobody can be found by. */
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

/** An address to be told at; whether anything may be sent there is not decided yet. */
export interface AskedCallback {
  readonly url: string;
  /** Which events; null is the usual ones. */
  readonly events: readonly ("run.accepted" | "sequence.ended" | "run.finished")[] | null;
}

/** A profile asked for by name, and the values for its parameters. */
export interface Asks {
  readonly profile: string | null;
  readonly parameters: Readonly<Record<string, string>>;
}
