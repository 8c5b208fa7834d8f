import { field, fieldsOf, textField } from "./fields.ts";
import { innerOf, machineResource } from "./inner.ts";
import { ambiguous, machineIdOf, mentionOf, otherId, type Mentioned } from "./machine-mention.ts";

/** The names of the field with Defender's id on a host, present and older ones. */
const ID_NAMES = ["MdatpDeviceId", "MdeDeviceId", "MachineId"];
const ENTRA_NAMES = ["AadDeviceId", "AzureAdDeviceId"];

/** Names of a host by which it is known to be one, if it does not say what it is. */
const TELLING_NAMES = ["hostName", "netBiosName", "fqdn"];

/**
 * A host has `kind` or `type`; in the list of "Entities - Get Hosts" it has only a host name.
 * Everything in Azure has the `type` of its resource, which says nothing here.
 */
function isHost(entity: unknown): boolean {
  const kind = entityKind(entity);
  if (kind !== null) return kind === "host";
  const host = fieldsOf(field(entity, "properties")) ?? entity;
  const more = field(host, "additionalData");
  return (
    textField(host, ...TELLING_NAMES, ...ID_NAMES) !== null || textField(more, ...ID_NAMES) !== null
  );
}

/**
 * The machines of a list of entities: hosts, also those inside another entity, as the host of a
 * process; and virtual machines that are named only as resources of Azure.
 */
export function hostsIn(entities: readonly unknown[]): Mentioned[] {
  const hosts = entities.flatMap(hostsOf);
  const known = new Set(hosts.map((host) => azureIdOf(host)?.toLowerCase()));
  const resources = entities
    .map(resourceIdOf)
    .filter((id) => id !== null && !known.has(id.toLowerCase()))
    .map(machineResource)
    .filter((machine) => machine !== null);
  return [...hosts.map(hostMention), ...resources];
}

/** The entity if it is a host, or else the hosts inside of it. */
function hostsOf(entity: unknown): unknown[] {
  return isHost(entity) ? [entity] : innerHosts(entity);
}

/** A `Host` that is only a reference (`$ref`) has no name; the list has it elsewhere. */
function innerHosts(entity: unknown): unknown[] {
  return innerOf(entity).flatMap(([name, inner]) => {
    const isOne = entityKind(inner) === "host" || (name === "host" && isHost(inner));
    return isOne ? [inner] : innerHosts(inner);
  });
}

function azureIdOf(host: unknown): string | null {
  return textField(fieldsOf(field(host, "properties")) ?? host, "azureID");
}

function resourceIdOf(entity: unknown): string | null {
  const kind = entityKind(entity)?.replace("-", "") ?? null;
  if (kind !== null && kind !== "azureresource") return null;
  return textField(fieldsOf(field(entity, "properties")) ?? entity, "resourceId");
}

/** What the entity says that it is, in lower case; null if it says nothing of that. */
function entityKind(entity: unknown): string | null {
  const said = [textField(entity, "kind"), textField(entity, "type")];
  return said.find((each) => each !== null && !each.includes("/"))?.toLowerCase() ?? null;
}

/**
 * The machine of a host entity, from Sentinel or from a streamed row. If its fields have several
 * ids of Defender, none of them is chosen.
 */
export function hostMention(entity: unknown): Mentioned {
  const host = fieldsOf(field(entity, "properties")) ?? fieldsOf(entity);
  const more = field(host, "additionalData");
  const hostName = textField(host, "hostName");
  const names = [
    textField(more, "DeviceDnsName", "FQDN"),
    textField(host, "fqdn"),
    fullName(hostName, textField(host, "dnsDomain")),
    hostName,
    textField(host, "netBiosName"),
  ];
  const texts = [more, host].flatMap((of) => ID_NAMES.map((name) => textField(of, name)));
  const said = texts.filter((text) => text !== null);
  const ids = [...new Set(said.map(machineIdOf).filter((id) => id !== null))];
  if (ids.length > 1) return ambiguous(ids, names);
  return mentionOf({
    machineId: ids[0] ?? said[0] ?? null,
    names,
    systems: [
      textField(host, "osFamily"),
      textField(more, "OsPlatform"),
      textField(more, "OsFamily"),
      textField(host, "osPlatform"),
    ],
    otherIds: [
      otherId("entra", textField(more, ...ENTRA_NAMES) ?? textField(host, ...ENTRA_NAMES)),
      otherId("azure", textField(host, "azureID")),
      otherId("logAnalytics", textField(host, "omsAgentID")),
      otherId("display", textField(host, "friendlyName")),
    ],
  });
}

function fullName(hostName: string | null, dnsDomain: string | null): string | null {
  if (hostName === null || dnsDomain === null || hostName.includes(".")) return hostName;
  return `${hostName}.${dnsDomain}`;
}
