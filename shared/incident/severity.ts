import type { Severity, Source } from "./incident.ts";
import { SEVERITIES } from "./incident.ts";

/**
 * Sentinel, Defender and Graph grade alike; what they call unspecified or a future value is unknown
 * to us.
 */
const MICROSOFT = new Map<string, Severity>([
  ["informational", "informational"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
]);

/** Jira's priority names: the five of today's scheme and the five of the older one. */
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

/** Sources with one word for it; ServiceNow has four fields, read in a file of their own. */
type Grading = Exclude<Source, "servicenow">;

const TABLES: Readonly<Record<Grading, ReadonlyMap<string, Severity>>> = {
  sentinel: MICROSOFT,
  defender: MICROSOFT,
  graph: MICROSOFT,
  jira: JIRA,
  generic: GENERIC,
};

/**
 * A sender's word for severity in ours, read without case; `unknown` for none and for words not in
 * its table.
 */
export function severityOf(source: Grading, said: string | null): Severity {
  if (said === null) return "unknown";
  return TABLES[source].get(said.trim().toLowerCase()) ?? "unknown";
}

/** How severe, as a number to compare: 0 for unknown up to 5 for critical. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The gravest of these; unknown if there are none. */
export function gravest(severities: readonly Severity[]): Severity {
  return severities.reduce<Severity>(
    (worst, next) => (severityRank(next) > severityRank(worst) ? next : worst),
    "unknown",
  );
}
