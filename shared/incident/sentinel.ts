import { field, fieldsOf, listField, textField } from "./fields.ts";
import type { MachineMention } from "./incident.ts";
import { mentionOf } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/**
 * A Microsoft Sentinel incident as a playbook forwards it: the whole body of the incident trigger,
 * its `object` alone, or either under `body`. Machines are the Host entities of `relatedEntities`,
 * ids their `MdatpDeviceId`. A closed incident, another kind of trigger and an incident without
 * hosts are nothing to do.
 */
export function parseSentinel(json: unknown): ParsedIncident {
  const trigger = fieldsOf(field(json, "body")) ?? fieldsOf(json);
  const incident = fieldsOf(field(trigger, "object")) ?? trigger;
  const properties = fieldsOf(field(incident, "properties"));
  if (incident === null || properties === null) {
    const message =
      "Send the body of the Sentinel incident trigger, @triggerBody() in the playbook.";
    return invalid([{ path: "object.properties", message }]);
  }
  const schemaType = textField(trigger, "objectSchemaType") ?? "Incident";
  if (schemaType.toLowerCase() !== "incident") {
    return nothingToDo(
      "lrq acts only on the Sentinel incident trigger, not on alerts or entities.",
    );
  }
  if (textField(properties, "status")?.toLowerCase() === "closed") {
    return nothingToDo("The Sentinel incident is closed.");
  }
  return incidentFrom({
    source: "sentinel",
    incidentId: lastSegment(textField(incident, "id")) ?? textField(incident, "name"),
    idPath: "object.id",
    title: textField(properties, "title"),
    severity: severityOf("sentinel", textField(properties, "severity")),
    url: textField(properties, "incidentUrl"),
    machines: listField(properties, "relatedEntities").filter(isHost).map(hostMention),
    machinesPath: "object.properties.relatedEntities (kind Host)",
    asks: null,
    armId: armIdOf(textField(incident, "id")),
  });
}

/** A Host says so in `kind`; the flat list of "Entities - Get Hosts" has only a host name. */
function isHost(entity: unknown): boolean {
  const kind = textField(entity, "kind");
  if (kind !== null) return kind.toLowerCase() === "host";
  return (
    textField(entity, "type")?.toLowerCase() === "host" || textField(entity, "hostName") !== null
  );
}

function hostMention(entity: unknown): MachineMention | null {
  const host = fieldsOf(field(entity, "properties")) ?? fieldsOf(entity);
  const more = field(host, "additionalData");
  const idNames = ["MdatpDeviceId", "MachineId"];
  return mentionOf({
    machineId: textField(more, ...idNames) ?? textField(host, ...idNames),
    names: [
      textField(more, "DeviceDnsName", "FQDN"),
      textField(host, "fqdn"),
      fullName(textField(host, "hostName"), textField(host, "dnsDomain")),
      textField(host, "hostName"),
      textField(host, "netBiosName"),
    ],
    operatingSystem: textField(host, "osFamily", "oSFamily") ?? textField(more, "OsPlatform"),
  });
}

function fullName(hostName: string | null, dnsDomain: string | null): string | null {
  if (hostName === null || dnsDomain === null || hostName.includes(".")) return hostName;
  return `${hostName}.${dnsDomain}`;
}

/**
 * An incident's path in Azure's management API (Incident Comments - Create Or Update): letters and
 * digits of its parts as the API's own patterns have them, nothing else.
 */
const ARM_ID = new RegExp(
  "^/subscriptions/[0-9a-f-]{36}/resourceGroups/[\\w.()-]{1,90}" +
    "/providers/Microsoft\\.OperationalInsights/workspaces/[a-z0-9][a-z0-9-]{0,88}[a-z0-9]" +
    "/providers/Microsoft\\.SecurityInsights/incidents/[a-z0-9-]{1,64}$",
  "i",
);

/** The id if it is the path of an incident, which a comment can be put below; else null. */
function armIdOf(id: string | null): string | null {
  return id !== null && ARM_ID.test(id) ? id : null;
}

function lastSegment(armId: string | null): string | null {
  const segment = armId?.split("/").at(-1)?.trim() ?? "";
  return segment === "" ? null : segment;
}
