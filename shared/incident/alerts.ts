import { textField } from "./fields.ts";
import type { Mentioned } from "./machine-mention.ts";
import { incidentFrom, nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { gravest, severityOf } from "./severity.ts";

/** How to read the alerts of one sender; all of them are taken to be of one incident. */
export interface AlertReading {
  readonly source: "defender" | "graph";
  readonly alerts: readonly unknown[];
  /** Fields that may hold the incident's id, the best first. */
  readonly idFields: readonly string[];
  readonly machinesOf: (alert: unknown) => readonly Mentioned[];
  readonly machinesPath: string;
  /** True if alerts of several ids become one incident, with the id of the first. */
  readonly isBatch?: boolean;
}

/**
 * Makes one incident of alerts: the title and link of the first, the highest severity, the machines
 * of all. Resolved alerts are left out; if all are resolved, there is nothing to do. Alerts of
 * several incidents are refused, unless the sender sends them as a batch and cannot separate them.
 */
export function parseAlerts(reading: AlertReading): ParsedIncident {
  const { source, idFields, isBatch = false } = reading;
  const open = reading.alerts.filter((alert) => !isResolved(alert));
  if (open.length === 0) return nothingToDo("Every alert is resolved.");
  const ids = new Set(open.map((alert) => textField(alert, ...idFields)));
  if (ids.size > 1 && !isBatch) {
    const message = `Send the alerts of one incident at a time; these belong to ${ids.size}.`;
    return invalid([{ path: idFields[0] ?? "", message }]);
  }
  const title = textField(open[0], "title");
  const more = ids.size > 1 ? ` (and ${ids.size - 1} more)` : "";
  return incidentFrom({
    source,
    incidentId: [...ids].find((id) => id !== null) ?? null,
    idPath: idFields[0] ?? "",
    title: title === null ? null : `${title}${more}`,
    severity: gravest(open.map((alert) => severityOf(source, textField(alert, "severity")))),
    url: textField(open[0], "incidentWebUrl", "alertWebUrl"),
    machines: open.flatMap((alert) => reading.machinesOf(alert)),
    machinesPath: reading.machinesPath,
    asks: null,
  });
}

/** Whether somebody has finished with the alert. */
export function isResolved(alert: unknown): boolean {
  return textField(alert, "status")?.toLowerCase() === "resolved";
}
