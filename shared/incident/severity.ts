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

/** The stock choices of a ServiceNow incident's severity: 1 High, 2 Medium, 3 Low. */
const SERVICENOW = new Map<string, Severity>([
  ["1", "high"],
  ["2", "medium"],
  ["3", "low"],
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

const TABLES: Readonly<Record<Source, ReadonlyMap<string, Severity>>> = {
  sentinel: MICROSOFT,
  defender: MICROSOFT,
  graph: MICROSOFT,
  servicenow: SERVICENOW,
  jira: JIRA,
  generic: GENERIC,
};

/**
 * A sender's word for severity in ours, read without case; `unknown` for none and for words not in
 * its table.
 */
export function severityOf(source: Source, said: string | null): Severity {
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
