import { parseAlerts } from "./alerts.ts";
import { field, fieldsOf, listField, textField } from "./fields.ts";
import { hostMention, hostsIn } from "./host-entity.ts";
import { jsonIn } from "./json-text.ts";
import { mentionOf, otherId, type Mentioned } from "./machine-mention.ts";
import { refusedPage } from "./page.ts";
import { nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";

/** The table of the streaming API whose rows name the machines of an alert. */
const EVIDENCE_TABLE = "advancedhunting-alertevidence";

/** The ids that an alert may have, that of its incident first. */
const ALERT_IDS = ["incidentId", "id", "alertId"];

/** The statuses of an incident for which there is nothing to do: done, or merged into another. */
const CLOSED = new Set(["resolved", "redirected"]);

/**
 * A Defender for Endpoint alert, an array of them (also under `value`), or a streaming batch
 * (`records`) of AlertEvidence rows; or an incident of Microsoft 365 Defender with its alerts.
 * Alerts with one `incidentId` are one incident; without it the alert's own id counts. Rows name
 * no incident, so a batch is one incident, with the id of its first alert. Resolved alerts and
 * batches of other tables are nothing to do. Refused: a list of which this is only one page.
 */
export function parseDefender(json: unknown): ParsedIncident {
  if (field(json, "records") !== undefined) return parseStream(listField(json, "records"));
  const sent = membersOf(json);
  const alerts = sent.flatMap(alertsOf);
  const page = refusedPage([json, ...sent, ...alerts]);
  if (page !== null) return page;
  if (sent.length > 0 && alerts.length === 0) {
    return nothingToDo("The incident is resolved, merged into another, or has no alerts in it.");
  }
  if (alerts.length === 0 || !alerts.every(isAlert)) {
    const message = "Send an alert of the Defender for Endpoint API, an array of them, or records.";
    return invalid([{ path: "id", message }]);
  }
  return parseAlerts({
    source: "defender",
    alerts,
    idFields: ALERT_IDS,
    machinesOf: machinesOfAlert,
    machinesPath: "machineId and computerDnsName, or devices (mdatpDeviceId, deviceDnsName)",
  });
}

function isAlert(value: unknown): boolean {
  return textField(value, ...ALERT_IDS) !== null;
}

function membersOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  return field(json, "value") === undefined ? [json] : listField(json, "value");
}

/**
 * The alert itself; or those of an incident of Microsoft 365 Defender, with the id and title of
 * the incident, and none if it is closed.
 */
function alertsOf(sent: unknown): readonly unknown[] {
  const incident = fieldsOf(sent);
  if (incident === null || field(incident, "alerts") === undefined) return [sent];
  if (CLOSED.has(textField(incident, "status")?.toLowerCase() ?? "")) return [];
  return listField(incident, "alerts").map((alert) => alertOf(incident, alert));
}

function alertOf(incident: unknown, alert: unknown): unknown {
  const title = textField(incident, "incidentName") ?? textField(alert, "title");
  const incidentId = textField(incident, "incidentId") ?? textField(alert, "incidentId");
  return { ...fieldsOf(alert), incidentId, title };
}

/** No machine if none of the fields is there, as in an alert about a mailbox. */
function machinesOfAlert(alert: unknown): Mentioned[] {
  const devices = listField(alert, "devices").map(deviceMention);
  const machineId = textField(alert, "machineId");
  const name = textField(alert, "computerDnsName");
  if (machineId === null && name === null) return devices;
  const systems = [textField(alert, "osPlatform")];
  return [mentionOf({ machineId, names: [name], systems }), ...devices];
}

function deviceMention(device: unknown): Mentioned {
  return mentionOf({
    machineId: textField(device, "mdatpDeviceId"),
    names: [textField(device, "deviceDnsName")],
    systems: [textField(device, "osPlatform")],
    otherIds: [otherId("entra", textField(device, "aadDeviceId"))],
  });
}

function parseStream(records: readonly unknown[]): ParsedIncident {
  const rows = records
    .filter((record) => textField(record, "category")?.toLowerCase() === EVIDENCE_TABLE)
    .map((record) => field(record, "properties"));
  if (rows.length === 0) {
    return nothingToDo(
      "The records have no AdvancedHunting-AlertEvidence row; only those rows name machines.",
    );
  }
  return parseAlerts({
    source: "defender",
    alerts: rows,
    idFields: ["AlertId"],
    machinesOf: machineOfRow,
    machinesPath: "records (DeviceId, DeviceName, or the host in AdditionalFields)",
    isBatch: true,
  });
}

/** Rows about machines may have the host only in `AdditionalFields`. */
function machineOfRow(row: unknown): Mentioned[] {
  const machineId = textField(row, "DeviceId");
  const name = textField(row, "DeviceName");
  if (machineId !== null || name !== null) {
    return [mentionOf({ machineId, names: [name], systems: [textField(row, "osPlatform")] })];
  }
  const more = field(row, "AdditionalFields");
  const host = typeof more === "string" ? jsonIn(more) : more;
  const isMachine = textField(row, "EntityType")?.toLowerCase() === "machine";
  const hosts = hostsIn([host]);
  return isMachine && hosts.length === 0 ? [hostMention(fieldsOf(host))] : hosts;
}
