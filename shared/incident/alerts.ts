import { textField } from "./fields.ts";
import type { MachineMention, Source } from "./incident.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { gravest, severityOf } from "./severity.ts";

/** How one sender's alerts are read; all of them are taken to be of one incident. */
export interface AlertReading {
  readonly source: Source;
  readonly alerts: readonly unknown[];
  /** Fields that may hold the incident's id, the surest first. */
  readonly idFields: readonly string[];
  readonly machinesOf: (alert: unknown) => readonly (MachineMention | null)[];
  readonly machinesPath: string;
}

/**
 * Alerts of one incident as that incident: the title and link of the first, the gravest severity,
 * the machines of all. Resolved alerts are left out; only resolved ones are nothing to do. Alerts
 * of several incidents are refused.
 */
export function parseAlerts(reading: AlertReading): ParsedIncident {
  const { source, idFields } = reading;
  const open = reading.alerts.filter((alert) => !isResolved(alert));
  if (open.length === 0) return nothingToDo("Every alert is resolved.");
  const ids = new Set(open.map((alert) => textField(alert, ...idFields)));
  if (ids.size > 1) {
    const message = `Send the alerts of one incident at a time; these belong to ${ids.size}.`;
    return invalid([{ path: idFields[0] ?? "", message }]);
  }
  return incidentFrom({
    source,
    incidentId: textField(open[0], ...idFields),
    idPath: idFields[0] ?? "",
    title: textField(open[0], "title"),
    severity: gravest(open.map((alert) => severityOf(source, textField(alert, "severity")))),
    url: textField(open[0], "incidentWebUrl", "alertWebUrl"),
    machines: open.flatMap((alert) => reading.machinesOf(alert)),
    machinesPath: reading.machinesPath,
    asks: null,
  });
}

function isResolved(alert: unknown): boolean {
  return textField(alert, "status")?.toLowerCase() === "resolved";
}
