import type { Severity } from "./incident.ts";
import { gravest } from "./severity.ts";

/** The standard choices of `severity`, `impact` and `urgency`: 1 High, 2 Medium, 3 Low. */
const THREE: readonly Severity[] = ["high", "medium", "low"];
/** The standard choices of `priority`: 1 Critical, 2 High, 3 Moderate, 4 Low, 5 Planning. */
const FIVE: readonly Severity[] = ["critical", "high", "medium", "low", "informational"];

/**
 * The severity of a ServiceNow incident. Its `severity` is 3 unless somebody fills it in. So its
 * priority counts, too, and the higher one is used. ServiceNow makes the priority from impact and
 * urgency, from 1 and 1 (1) to 3 and 3 (5); if it is not sent, lrq makes it. `said` returns the
 * value of a field.
 */
export function serviceNowSeverity(said: (name: string) => string | null): Severity {
  const severity = gradeIn(THREE, said("severity"));
  return gravest([severity, priorityOf(said)]);
}

function priorityOf(said: (name: string) => string | null): Severity {
  const priority = gradeIn(FIVE, said("priority"));
  if (priority !== "unknown") return priority;
  const impact = gradeIn(THREE, said("impact"));
  const urgency = gradeIn(THREE, said("urgency"));
  if (impact === "unknown" || urgency === "unknown") return gravest([impact, urgency]);
  return FIVE[THREE.indexOf(impact) + THREE.indexOf(urgency)] ?? "unknown";
}

/** A display value looks like "1 - High"; the digit is the value. */
function gradeIn(grades: readonly Severity[], said: string | null): Severity {
  const digit = said?.match(/^[1-5](?![0-9])/)?.[0];
  return digit === undefined ? "unknown" : (grades[Number(digit) - 1] ?? "unknown");
}
