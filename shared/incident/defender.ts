import { parseAlerts } from "./alerts.ts";
import { field, fieldsOf, listField, textField } from "./fields.ts";
import { hostMention, isHost } from "./host-entity.ts";
import { jsonIn } from "./json-text.ts";
import { mentionOf, type Mentioned } from "./machine-mention.ts";
import { refusedPage } from "./page.ts";
import { nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";

/** The table of the streaming API whose rows name the machines of an alert. */
const EVIDENCE_TABLE = "advancedhunting-alertevidence";

/** The ids that an alert may have, that of its incident first. */
const ALERT_IDS = ["incidentId", "id", "alertId"];

/**
 * A Defender for Endpoint alert, an array of them (also under `value`), or a streaming batch
 * (`records`) of AlertEvidence rows. Alerts with one `incidentId` are one incident; without it the
 * alert's own id counts. Rows name no incident, so a batch is one incident, with the id of its
 * first alert. Resolved alerts and batches of other tables are nothing to do. Refused: a list of
 * which this is only one page.
 */
export function parseDefender(json: unknown): ParsedIncident {
  if (field(json, "records") !== undefined) return parseStream(listField(json, "records"));
  const page = refusedPage([json]);
  if (page !== null) return page;
  const alerts = alertsIn(json);
  if (alerts.length === 0 || !alerts.every(isAlert)) {
    const message = "Send an alert of the Defender for Endpoint API, an array of them, or records.";
    return invalid([{ path: "id", message }]);
  }
  return parseAlerts({
    source: "defender",
    alerts,
    idFields: ALERT_IDS,
    machinesOf: machineOfAlert,
    machinesPath: "machineId and computerDnsName",
  });
}

function isAlert(value: unknown): boolean {
  return textField(value, ...ALERT_IDS) !== null;
}

function alertsIn(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  return field(json, "value") === undefined ? [json] : listField(json, "value");
}

/** No machine if neither field is there, as in an alert about a mailbox. */
function machineOfAlert(alert: unknown): Mentioned[] {
  const machineId = textField(alert, "machineId");
  const name = textField(alert, "computerDnsName");
  if (machineId === null && name === null) return [];
  return [mentionOf({ machineId, names: [name], systems: [textField(alert, "osPlatform")] })];
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
  const isMachine = textField(row, "EntityType")?.toLowerCase() === "machine" || isHost(host);
  return isMachine ? [hostMention(fieldsOf(host))] : [];
}
