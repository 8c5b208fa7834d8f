import { isResolved, parseAlerts } from "./alerts.ts";
import { field, fieldsOf, listField, textField } from "./fields.ts";
import { mentionOf, otherId, type Mentioned } from "./machine-mention.ts";
import { innerOf, machineResource } from "./inner.ts";
import { refusedPage } from "./page.ts";
import { incidentFrom, lifecycle, nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/** The statuses of an incident for which there is nothing to do: done, or merged into another. */
const CLOSED = new Set(["resolved", "redirected"]);

/**
 * Microsoft Graph security: an alert of `alerts_v2`, an array of them (also under `value`), or an
 * incident with its alerts expanded. Machines are the device evidence, and their ids are
 * `mdeDeviceId`; machines of resolved alerts are left out. A change notification has only an id, so
 * there is nothing to do, and the answer says what to send instead. A lifecycle notification is
 * only noted. Refused: a list of which this is only one page.
 */
export function parseGraph(json: unknown): ParsedIncident {
  const all = Array.isArray(json) ? json : listField(json, "value");
  const values = all.length > 0 ? all : [json];
  const events = values.map((each) => textField(each, "lifecycleEvent"));
  if (events.every((each) => each !== null)) return lifecycle(events);
  if (values.some(isNotification)) {
    return nothingToDo(
      "A change notification names only an id. Fetch /security/alerts_v2/{id}, or the incident " +
        "with $expand=alerts, and send that.",
    );
  }
  const inside = values.flatMap((each) => listField(each, "alerts"));
  const page = refusedPage([json, ...values, ...inside]);
  if (page !== null) return page;
  if (values.length === 1 && isIncident(values[0])) return parseExpanded(values[0]);
  if (!values.every((value) => field(value, "evidence") !== undefined)) {
    const message =
      "Send alerts of alerts_v2 with their evidence, or one incident with $expand=alerts.";
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
  const alerts = listField(incident, "alerts");
  const open = alerts.filter((alert) => !isResolved(alert));
  if (open.length === 0 && alerts.length > 0) return nothingToDo("Every alert is resolved.");
  return incidentFrom({
    source: "graph",
    incidentId: textField(incident, "id"),
    idPath: "id",
    title: textField(incident, "displayName"),
    severity: severityOf("graph", textField(incident, "severity")),
    url: textField(incident, "incidentWebUrl"),
    machines: open.flatMap(devicesOf),
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

function devicesOf(alert: unknown): Mentioned[] {
  return listField(alert, "evidence").flatMap(devicesIn);
}

/** The device that the evidence is, or else those inside of it, as the host of a logon session. */
function devicesIn(evidence: unknown): Mentioned[] {
  if (isOfDevice(evidence)) return [deviceMention(evidence)];
  const machine = machineResource(textField(evidence, "resourceId"));
  if (machine !== null) return [machine];
  return innerOf(evidence).flatMap(([name, inner]) =>
    name === "host" && isNamed(inner) ? [deviceMention(inner)] : devicesIn(inner),
  );
}

/**
 * File and process evidence have the machine's id, too; device evidence may have only its name, and
 * may come without its type.
 */
function isOfDevice(evidence: unknown): boolean {
  const type = textField(evidence, "@odata.type")?.toLowerCase() ?? "";
  if (type.endsWith(".deviceevidence")) return true;
  if (type === "" && isNamed(evidence)) return true;
  return textField(evidence, "mdeDeviceId", "deviceDnsName") !== null;
}

function isNamed(evidence: unknown): boolean {
  return textField(evidence, ...DEVICE_NAMES) !== null;
}

const DEVICE_NAMES = ["mdeDeviceId", "deviceDnsName", "hostName", "azureAdDeviceId"];

function deviceMention(evidence: unknown): Mentioned {
  const hostName = textField(evidence, "hostName");
  const domain = textField(evidence, "dnsDomain");
  return mentionOf({
    machineId: textField(evidence, "mdeDeviceId"),
    names: [
      textField(evidence, "deviceDnsName"),
      hostName !== null && domain !== null ? `${hostName}.${domain}` : null,
      hostName,
    ],
    systems: [textField(evidence, "osPlatform")],
    otherIds: [otherId("entra", textField(evidence, "azureAdDeviceId"))],
  });
}
