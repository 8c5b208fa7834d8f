import { field, fieldsOf, textField } from "./fields.ts";
import { ambiguous, machineIdOf, mentionOf, otherId, type Mentioned } from "./machine-mention.ts";

/** The names of the field with Defender's id on a host, present and older ones. */
const ID_NAMES = ["MdatpDeviceId", "MdeDeviceId", "MachineId"];
const ENTRA_NAMES = ["AadDeviceId", "AzureAdDeviceId"];

/** A host has `kind` or `type`; in the list of "Entities - Get Hosts" it has only a host name. */
export function isHost(entity: unknown): boolean {
  const kind = textField(entity, "kind", "type");
  if (kind !== null && !kind.includes("/")) return kind.toLowerCase() === "host";
  return kind === null && textField(entity, "hostName") !== null;
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
