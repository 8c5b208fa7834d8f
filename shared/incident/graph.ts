import { parseAlerts } from "./alerts.ts";
import { field, fieldsOf, listField, textField } from "./fields.ts";
import type { MachineMention } from "./incident.ts";
import { mentionOf } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/** The statuses in which an incident asks for nothing: done, or merged into another. */
const CLOSED = new Set(["resolved", "redirected"]);

/**
 * Microsoft Graph security: an alert of `alerts_v2`, an array of them (also under `value`), or an
 * incident with its alerts expanded. Machines are the device evidence, ids `mdeDeviceId`. A change
 * notification names only an id, so it is nothing to do, and the answer says what to send instead.
 */
export function parseGraph(json: unknown): ParsedIncident {
  const all = Array.isArray(json) ? json : listField(json, "value");
  const values = all.length > 0 ? all : [json];
  if (values.some(isNotification)) {
    return nothingToDo(
      "A change notification names only an id. Fetch /security/alerts_v2/{id}, or the incident " +
        "with $expand=alerts, and send that.",
    );
  }
  if (values.length === 1 && isIncident(values[0])) return parseExpanded(values[0]);
  if (!values.every((value) => field(value, "evidence") !== undefined)) {
    const message =
      "Send an alert of alerts_v2 with its evidence, or an incident with $expand=alerts.";
    return invalid([{ path: "evidence", message }]);
  }
  return parseAlerts({
    source: "graph",
    alerts: values,
    idFields: ["incidentId", "id"],
    machinesOf: devicesOf,
    machinesPath: "evidence (mdeDeviceId)",
  });
}

function parseExpanded(incident: unknown): ParsedIncident {
  if (CLOSED.has(textField(incident, "status")?.toLowerCase() ?? "")) {
    return nothingToDo("The incident is resolved, or merged into another.");
  }
  if (field(incident, "alerts") === undefined) {
    return nothingToDo("The incident has no alerts in it. Fetch it with $expand=alerts.");
  }
  return incidentFrom({
    source: "graph",
    incidentId: textField(incident, "id"),
    idPath: "id",
    title: textField(incident, "displayName"),
    severity: severityOf("graph", textField(incident, "severity")),
    url: textField(incident, "incidentWebUrl"),
    machines: listField(incident, "alerts").flatMap(devicesOf),
    machinesPath: "alerts (evidence with mdeDeviceId)",
    asks: null,
  });
}

function isNotification(value: unknown): boolean {
  return field(value, "subscriptionId") !== undefined && field(value, "evidence") === undefined;
}

function isIncident(value: unknown): boolean {
  if (fieldsOf(value) === null || field(value, "evidence") !== undefined) return false;
  return field(value, "alerts") !== undefined || field(value, "displayName") !== undefined;
}

function devicesOf(alert: unknown): (MachineMention | null)[] {
  return listField(alert, "evidence").filter(isOfDevice).map(deviceMention);
}

/** File and process evidence carry the machine's id too, device evidence perhaps only its name. */
function isOfDevice(evidence: unknown): boolean {
  const type = textField(evidence, "@odata.type")?.toLowerCase() ?? "";
  return type.endsWith(".deviceevidence") || textField(evidence, "mdeDeviceId") !== null;
}

function deviceMention(evidence: unknown): MachineMention | null {
  const hostName = textField(evidence, "hostName");
  const domain = textField(evidence, "dnsDomain");
  return mentionOf({
    machineId: textField(evidence, "mdeDeviceId"),
    names: [
      textField(evidence, "deviceDnsName"),
      hostName !== null && domain !== null ? `${hostName}.${domain}` : null,
      hostName,
    ],
    operatingSystem: textField(evidence, "osPlatform"),
  });
}
