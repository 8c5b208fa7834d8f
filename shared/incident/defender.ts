import { parseAlerts } from "./alerts.ts";
import { field, listField, textField } from "./fields.ts";
import type { MachineMention } from "./incident.ts";
import { mentionOf } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";

/** The table of the streaming API whose rows name the machines of an alert. */
const EVIDENCE_TABLE = "advancedhunting-alertevidence";

/** What an alert may be known by, the incident it belongs to first. */
const ALERT_IDS = ["incidentId", "id", "alertId"];

/**
 * A Defender for Endpoint alert, an array of them (also under `value`), or a streaming batch
 * (`records`) of AlertEvidence rows. All of one incident: by `incidentId`, else by the alert's own
 * id. Resolved alerts, and batches of other tables, are nothing to do.
 */
export function parseDefender(json: unknown): ParsedIncident {
  if (field(json, "records") !== undefined) return parseStream(listField(json, "records"));
  const alerts = alertsIn(json);
  if (alerts.length === 0 || !alerts.every(isAlert)) {
    const message = "Send an alert of the Defender for Endpoint API, an array of them, or records.";
    return invalid([{ path: "id", message }]);
  }
  return parseAlerts({
    source: "defender",
    alerts,
    idFields: ALERT_IDS,
    machinesOf: (alert) => said(alert, "machineId", "computerDnsName"),
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
    machinesOf: (row) => said(row, "DeviceId", "DeviceName"),
    machinesPath: "records (DeviceId and DeviceName)",
  });
}

/**
 * The one machine of an alert or row; none if neither field is there, as in an alert about a
 * mailbox.
 */
function said(of: unknown, idField: string, nameField: string): (MachineMention | null)[] {
  const machineId = textField(of, idField);
  const name = textField(of, nameField);
  if (machineId === null && name === null) return [];
  return [mentionOf({ machineId, names: [name], operatingSystem: textField(of, "osPlatform") })];
}
