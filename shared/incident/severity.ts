import type { Severity, Source } from "./incident.ts";
import { SEVERITIES } from "./incident.ts";

/**
 * Sentinel, Defender and Graph use the same words. Unspecified and future values are unknown to
 * lrq.
 */
const MICROSOFT = new Map<string, Severity>([
  ["informational", "informational"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
]);

/** Jira's names of priorities: the five present ones and the five older ones. */
const JIRA = new Map<string, Severity>([
  ["highest", "critical"],
  ["high", "high"],
  ["medium", "medium"],
  ["low", "low"],
  ["lowest", "informational"],
  ["blocker", "critical"],
  ["critical", "critical"],
  ["major", "high"],
  ["minor", "low"],
  ["trivial", "informational"],
]);

const GENERIC = new Map<string, Severity>(SEVERITIES.map((severity) => [severity, severity]));

/** Sources that send one word for it. ServiceNow has four fields, which its own file reads. */
type Grading = Exclude<Source, "servicenow">;

const TABLES: Readonly<Record<Grading, ReadonlyMap<string, Severity>>> = {
  sentinel: MICROSOFT,
  defender: MICROSOFT,
  graph: MICROSOFT,
  jira: JIRA,
  generic: GENERIC,
};

/**
 * Our severity for a sender's word, in any case; `unknown` for no word and for words that are not
 * in its table.
 */
export function severityOf(source: Grading, said: string | null): Severity {
  if (said === null) return "unknown";
  return TABLES[source].get(said.trim().toLowerCase()) ?? "unknown";
}

/** The severity as a number to compare: from 0 for unknown to 5 for critical. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The highest of these; unknown if there are none. */
export function gravest(severities: readonly Severity[]): Severity {
  return severities.reduce<Severity>(
    (worst, next) => (severityRank(next) > severityRank(worst) ? next : worst),
    "unknown",
  );
}
