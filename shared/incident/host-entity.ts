import { field, fieldsOf, textField } from "./fields.ts";
import { mentionOf, type Mentioned } from "./machine-mention.ts";

/** The names of the field with Defender's id on a host, present and older ones. */
const ID_NAMES = ["MdatpDeviceId", "MdeDeviceId", "MachineId"];
const ENTRA_NAMES = ["AadDeviceId", "AzureAdDeviceId"];

/** A host has `kind` or `type`; in the list of "Entities - Get Hosts" it has only a host name. */
export function isHost(entity: unknown): boolean {
  const kind = textField(entity, "kind", "type");
  if (kind !== null && !kind.includes("/")) return kind.toLowerCase() === "host";
  return kind === null && textField(entity, "hostName") !== null;
}

/** The machine of a host entity, from Sentinel or from a streamed row. */
export function hostMention(entity: unknown): Mentioned {
  const host = fieldsOf(field(entity, "properties")) ?? fieldsOf(entity);
  const more = field(host, "additionalData");
  const hostName = textField(host, "hostName");
  return mentionOf({
    machineId: textField(more, ...ID_NAMES) ?? textField(host, ...ID_NAMES),
    names: [
      textField(more, "DeviceDnsName", "FQDN"),
      textField(host, "fqdn"),
      fullName(hostName, textField(host, "dnsDomain")),
      hostName,
      textField(host, "netBiosName"),
    ],
    systems: [
      textField(host, "osFamily"),
      textField(more, "OsPlatform"),
      textField(more, "OsFamily"),
      textField(host, "osPlatform"),
    ],
    entraId: textField(more, ...ENTRA_NAMES) ?? textField(host, ...ENTRA_NAMES),
  });
}

function fullName(hostName: string | null, dnsDomain: string | null): string | null {
  if (hostName === null || dnsDomain === null || hostName.includes(".")) return hostName;
  return `${hostName}.${dnsDomain}`;
}
