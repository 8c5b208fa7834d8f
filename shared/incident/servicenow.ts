import { field, fieldsOf, textField, textOf } from "./fields.ts";
import { machineIdOf, mentionOf, noId, wordsIn, type Mentioned } from "./machine-mention.ts";
import { incidentFrom, nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { serviceNowSeverity } from "./servicenow-severity.ts";

/** The standard states of an incident that is over: 6 Resolved, 7 Closed, 8 Canceled. */
const OVER = new Set(["6", "7", "8", "resolved", "closed", "canceled", "cancelled"]);

/** What `active` is of such an incident: GlideRecord's getValue gives "0". */
const INACTIVE = new Set(["false", "0"]);

/**
 * A record's key in ServiceNow. A reference field has it if the sender did not ask for the display
 * value.
 */
const SYS_ID = /^[0-9a-f]{32}$/i;

/**
 * A ServiceNow incident as a Business Rule posts it, or as the Table API answers it (in `result`).
 * Each field is a text or an object with `value` and `display_value`: `sys_id`, `number`,
 * `short_description`, `priority`, `impact`, `urgency`, `severity`, `state`, `incident_state`,
 * `active`, `u_mde_device_id` (one or several machine ids), `cmdb_ci` (a name or its display
 * value), `event`. The name is used if there is no id, or as the name of the only one; beside
 * several it is skipped. If the incident is over, inactive or deleted, there is nothing to do.
 */
export function parseServiceNow(json: unknown): ParsedIncident {
  const wrapped = field(json, "result");
  const [only, ...more] = Array.isArray(wrapped) ? wrapped : [wrapped ?? json];
  const record = fieldsOf(only);
  if (record === null || more.length > 0) {
    return invalid([{ path: "", message: "Send one ServiceNow incident as a JSON object." }]);
  }
  if (shown(record, "event")?.toLowerCase() === "delete") {
    return nothingToDo("The ServiceNow incident was deleted.");
  }
  if (isOver(record)) {
    return nothingToDo("The ServiceNow incident is resolved, closed, cancelled or inactive.");
  }
  const number = shown(record, "number");
  const summary = shown(record, "short_description");
  return incidentFrom({
    source: "servicenow",
    incidentId: stored(record, "sys_id") ?? number,
    idPath: "sys_id",
    title: [number, summary].filter((part) => part !== null).join(": "),
    severity: serviceNowSeverity((name) => stored(record, name)),
    url: shown(record, "url"),
    machines: machinesOf(record),
    machinesPath: "u_mde_device_id, or by its display value in cmdb_ci",
    asks: null,
  });
}

/** On older instances `state` is called `incident_state`; either may be in use. */
function isOver(record: unknown): boolean {
  const states = ["state", "incident_state"].flatMap((name) => [
    shown(record, name),
    stored(record, name),
  ]);
  if (states.some((state) => OVER.has(state?.toLowerCase() ?? ""))) return true;
  const active = field(record, "active");
  if (active === false || field(active, "value") === false) return true;
  return INACTIVE.has(stored(record, "active")?.toLowerCase() ?? "");
}

function machinesOf(record: unknown): Mentioned[] {
  const words = [...new Set(wordsIn(deviceIds(record)))];
  const items = itemsOf(record);
  const systems = [shown(record, "os"), shown(record, "u_os")];
  const ids = [...new Set(words.map(machineIdOf).filter((id) => id !== null))];
  const others = words
    .filter((word) => machineIdOf(word) === null)
    .map((word) => ({ said: word, reason: noId(word) }));
  const [machineId = null] = ids;
  if (ids.length > 1 || (ids.length === 1 && items.length > 1)) {
    const apart = items.map((said) => ({ said, reason: isKey(said) ? KEY : beside(ids.length) }));
    const each = ids.map((id) => mentionOf({ machineId: id, names: [], systems }));
    return [...each, ...others, ...apart];
  }
  if (machineId === null) return [...items.map((item) => itemNamed(item, systems)), ...others];
  const [item = null] = items;
  const name = item === null || isKey(item) ? null : item;
  return [mentionOf({ machineId, names: [name], systems }), ...others];
}

function itemNamed(item: string, systems: readonly (string | null)[]): Mentioned {
  if (isKey(item)) return { said: item, reason: KEY };
  return mentionOf({ machineId: null, names: [item], systems });
}

/** A sys_id has the form of a host name, but no machine has such a name. */
function isKey(item: string): boolean {
  return SYS_ID.test(item);
}

/** Why a name is not looked for beside ids, of which it may be one. */
function beside(count: number): string {
  return (
    `It was sent in cmdb_ci beside ${count} machine id${count === 1 ? "" : "s"}, and may be one of ` +
    "those machines. If it is not, send its id, too."
  );
}

const KEY =
  "This is the key of a record in ServiceNow (sys_id), not a name. Send the display value of " +
  "cmdb_ci.";

function deviceIds(record: unknown): string {
  const said = field(record, "u_mde_device_id");
  const parts = Array.isArray(said) ? said.map(eitherText) : [shown(record, "u_mde_device_id")];
  return parts.filter((part) => part !== null).join(" ");
}

/** The configuration items of the record: mostly one, which is its machine. */
function itemsOf(record: unknown): string[] {
  const said = field(record, "cmdb_ci");
  const items = Array.isArray(said) ? said.map(eitherText) : [shown(record, "cmdb_ci")];
  return [...new Set(items.filter((item) => item !== null))];
}

/** An element of a list; its display value if ServiceNow sends both. */
function eitherText(element: unknown): string | null {
  return textOf(element) ?? textField(element, "display_value", "value");
}

/** The text of a field; its display value if ServiceNow sends both. */
function shown(record: unknown, name: string): string | null {
  return textField(record, name) ?? textField(field(record, name), "display_value", "value");
}

/** The text of a field; its value if ServiceNow sends both. */
function stored(record: unknown, name: string): string | null {
  return textField(record, name) ?? textField(field(record, name), "value", "display_value");
}
