import type { Severity } from "./incident.ts";
import { gravest } from "./severity.ts";

/** The stock choices of `severity`, `impact` and `urgency`: 1 High, 2 Medium, 3 Low. */
const THREE: readonly Severity[] = ["high", "medium", "low"];
/** Those of `priority`: 1 Critical, 2 High, 3 Moderate, 4 Low, 5 Planning. */
const FIVE: readonly Severity[] = ["critical", "high", "medium", "low", "informational"];

/**
 * How grave a ServiceNow incident is. Its `severity` is 3 unless somebody fills it, so its priority
 * counts too, and the graver one holds. ServiceNow makes the priority of impact and urgency, from 1
 * and 1 (1) to 3 and 3 (5); where it is not sent, we do. `said` gives a field's value.
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

/** A display value reads "1 - High"; the digit is the value. */
function gradeIn(grades: readonly Severity[], said: string | null): Severity {
  const digit = said?.match(/^[1-5](?![0-9])/)?.[0];
  return digit === undefined ? "unknown" : (grades[Number(digit) - 1] ?? "unknown");
}
