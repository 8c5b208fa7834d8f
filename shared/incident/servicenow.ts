import { field, fieldsOf, textField, textOf } from "./fields.ts";
import type { MachineMention } from "./incident.ts";
import { machineIdsIn, mentionOf } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/** The stock states of an incident that is over: 6 Resolved, 7 Closed, 8 Canceled. */
const OVER = new Set(["6", "7", "8", "resolved", "closed", "canceled", "cancelled"]);

/**
 * A record's key in ServiceNow, which a reference field gives when nobody asked for its display
 * value.
 */
const SYS_ID = /^[0-9a-f]{32}$/i;

/**
 * A ServiceNow incident as a Business Rule posts it: `sys_id`, `number`, `short_description`,
 * `severity`, `state`, `u_mde_device_id` (one or several machine ids), `cmdb_ci` (a name or its
 * display value), `event`. The name counts when no id is given, or as the name of the only one. An
 * incident that is over or deleted is nothing to do.
 */
export function parseServiceNow(json: unknown): ParsedIncident {
  if (fieldsOf(json) === null) {
    return invalid([{ path: "", message: "Send one ServiceNow incident as a JSON object." }]);
  }
  if (textField(json, "event")?.toLowerCase() === "delete") {
    return nothingToDo("The ServiceNow incident was deleted.");
  }
  if (OVER.has(shown(json, "state")?.toLowerCase() ?? "")) {
    return nothingToDo("The ServiceNow incident is resolved, closed or cancelled.");
  }
  const number = textField(json, "number");
  const summary = textField(json, "short_description");
  // A display value reads "1 - High"; the digit is the value.
  const severity = shown(json, "severity")?.match(/^[1-3](?![0-9])/)?.[0] ?? null;
  return incidentFrom({
    source: "servicenow",
    incidentId: textField(json, "sys_id") ?? number,
    idPath: "sys_id",
    title: [number, summary].filter((part) => part !== null).join(": "),
    severity: severityOf("servicenow", severity),
    url: textField(json, "url"),
    machines: machinesOf(json),
    machinesPath: "u_mde_device_id, or by its display value in cmdb_ci",
    asks: null,
  });
}

function machinesOf(json: unknown): (MachineMention | null)[] {
  const said = deviceIds(json);
  const ids = [...new Set(machineIdsIn(said))];
  const configurationItem = shown(json, "cmdb_ci");
  const operatingSystem = textField(json, "os", "u_os");
  // A sys_id has the shape of a host name, and no machine is called that.
  const name = configurationItem?.match(SYS_ID) ? null : configurationItem;
  if (ids.length > 1) {
    return ids.map((machineId) => mentionOf({ machineId, names: [], operatingSystem }));
  }
  const machineId = ids[0] ?? null;
  if (said === "" && configurationItem === null) return [];
  return [mentionOf({ machineId, names: [name], operatingSystem })];
}

function deviceIds(json: unknown): string {
  const said = field(json, "u_mde_device_id");
  const parts = Array.isArray(said) ? said.map(textOf) : [shown(json, "u_mde_device_id")];
  return parts.filter((part) => part !== null).join(" ");
}

/** A field's text, or its display value where ServiceNow sends both. */
function shown(json: unknown, name: string): string | null {
  return textField(json, name) ?? textField(field(json, name), "display_value", "value");
}
