import type { Platform } from "../incident/incident.ts";

/** How Defender's `osPlatform` values begin; it names Linux machines after their distribution. */
const BEGINNINGS: readonly (readonly [string, Platform])[] = [
  ["windows", "windows"],
  ["macos", "macos"],
  ["linux", "linux"],
  ["ubuntu", "linux"],
  ["debian", "linux"],
  ["centos", "linux"],
  ["redhat", "linux"],
  ["rhel", "linux"],
  ["suse", "linux"],
  ["opensuse", "linux"],
  ["sles", "linux"],
  ["oracle", "linux"],
  ["fedora", "linux"],
  ["amazon", "linux"],
  ["rocky", "linux"],
  ["alma", "linux"],
  ["mariner", "linux"],
  ["azurelinux", "linux"],
];

/**
 * The platform behind an `osPlatform` such as `WindowsServer2019` or `Ubuntu`; null for phones and
 * the unknown.
 */
export function platformOf(osPlatform: string | null): Platform | null {
  const name = osPlatform?.toLowerCase().replaceAll(/[^a-z0-9]/g, "") ?? "";
  return BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null;
}
