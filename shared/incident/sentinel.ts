import { readArmPath } from "./arm-path.ts";
import { field, fieldsOf, listField, textField, type Fields } from "./fields.ts";
import { hostsIn } from "./host-entity.ts";
import { jsonIn } from "./json-text.ts";
import { incidentFrom, nothingToDo, type ParsedIncident } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/** The statuses for which there is nothing to do. */
const OVER = new Set(["closed", "resolved", "dismissed"]);

/**
 * What a Microsoft Sentinel playbook forwards, `@triggerBody()`, also under `body`: the incident
 * trigger (or only its `object`), the alert trigger, or the entity trigger with the one host that
 * somebody chose. Machines are Host entities, and their ids are `MdatpDeviceId` or `MdeDeviceId`.
 * If it is closed or names no host, there is nothing to do. Refused: a path that climbs.
 */
export function parseSentinel(json: unknown): ParsedIncident {
  const trigger = fieldsOf(field(json, "body")) ?? fieldsOf(json);
  if (trigger === null) return refused();
  const schema = textField(trigger, "objectSchemaType")?.toLowerCase();
  const object = fieldsOf(field(trigger, "object"));
  const entity = fieldsOf(field(trigger, "Entity")) ?? (schema === "entity" ? object : null);
  if (entity !== null) return parseEntity(trigger, entity);
  if (schema === "alert" || field(trigger, "SystemAlertId") !== undefined) {
    return parseAlert(object ?? trigger);
  }
  return parseSentinelIncident(object ?? trigger);
}

function refused(): ParsedIncident {
  const message =
    "Send the body of a Sentinel trigger (incident, alert or entity), @triggerBody() in the " +
    "playbook.";
  return invalid([{ path: "object.properties", message }]);
}

function parseSentinelIncident(incident: Fields): ParsedIncident {
  const properties = fieldsOf(field(incident, "properties"));
  if (properties === null) return refused();
  if (isOver(properties)) return nothingToDo("The Sentinel incident is closed.");
  return byPath(textField(incident, "id"), "object.id", (armId) =>
    incidentFrom({
      ...said(properties),
      incidentId: lastSegment(textField(incident, "id")) ?? textField(incident, "name"),
      idPath: "object.id",
      machines: hostsIn(listField(properties, "relatedEntities")),
      machinesPath: "object.properties.relatedEntities (kind Host)",
      armId,
    }),
  );
}

/** The alert itself, flat, or with its fields under `properties`; `Entities` is JSON as text. */
function parseAlert(alert: Fields): ParsedIncident {
  const properties = fieldsOf(field(alert, "properties")) ?? alert;
  if (isOver(properties)) return nothingToDo("The Sentinel alert is closed.");
  const entities = field(properties, "Entities") ?? field(properties, "relatedEntities");
  return incidentFrom({
    ...said(properties),
    incidentId: textField(properties, "SystemAlertId") ?? textField(alert, "name"),
    idPath: "SystemAlertId",
    machines: hostsIn(entitiesIn(entities)),
    machinesPath: "Entities (Type host)",
  });
}

/**
 * One host that somebody chose. If it was chosen in an incident, it joins the run of that incident;
 * otherwise the event is a separate incident.
 */
function parseEntity(trigger: Fields, entity: Fields): ParsedIncident {
  const machines = hostsIn([entity]);
  const [machine] = machines;
  if (machine === undefined) return nothingToDo("The chosen entity is no host.");
  const armPath = textField(trigger, "IncidentArmID");
  return byPath(armPath, "IncidentArmID", (armId) =>
    incidentFrom({
      ...said(trigger),
      incidentId:
        lastSegment(armPath) ??
        textField(trigger, "eventUniqueId") ??
        lastSegment(textField(entity, "id")) ??
        ("machineId" in machine ? (machine.machineId ?? machine.name) : null),
      idPath: "IncidentArmID",
      title: "A host chosen in Sentinel",
      machines,
      machinesPath: "Entity (kind Host)",
      armId,
    }),
  );
}

/** The fields that incidents and alerts share; their titles have different names. */
function said(properties: Fields) {
  return {
    source: "sentinel" as const,
    title: textField(properties, "title", "alertDisplayName", "displayName"),
    severity: severityOf("sentinel", textField(properties, "severity")),
    url: textField(properties, "incidentUrl", "alertLink"),
    asks: null,
  };
}

function isOver(properties: Fields): boolean {
  return OVER.has(textField(properties, "status")?.toLowerCase() ?? "");
}

function entitiesIn(value: unknown): readonly unknown[] {
  const entities = typeof value === "string" ? jsonIn(value) : value;
  return Array.isArray(entities) ? entities : [];
}

/** The result, unless the path of Azure climbs. */
function byPath(
  path: string | null,
  where: string,
  then: (armId: string | null) => ParsedIncident,
): ParsedIncident {
  const read = readArmPath(path);
  if (read.kind !== "climbs") return then(read.kind === "incident" ? read.armId : null);
  const message = "Send the incident's path as Sentinel gives it, without . and .. in it.";
  return invalid([{ path: where, message }]);
}

function lastSegment(armId: string | null): string | null {
  const segment = armId?.split("/").at(-1)?.trim() ?? "";
  return segment === "" ? null : segment;
}
