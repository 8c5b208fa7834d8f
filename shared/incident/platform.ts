import type { Platform } from "./incident.ts";

/**
 * How a platform begins in the words of Defender (`osPlatform`), Sentinel (`osFamily`) and Graph,
 * lower case.
 */
const BEGINNINGS: readonly (readonly [string, Platform])[] = [
  ["windows", "windows"],
  ["macos", "macos"],
  ["mac os", "macos"],
  ["darwin", "macos"],
  ["osx", "macos"],
  ["linux", "linux"],
  ["ubuntu", "linux"],
  ["debian", "linux"],
  ["redhat", "linux"],
  ["red hat", "linux"],
  ["rhel", "linux"],
  ["centos", "linux"],
  ["fedora", "linux"],
  ["rocky", "linux"],
  ["alma", "linux"],
  ["oracle", "linux"],
  ["suse", "linux"],
  ["sles", "linux"],
  ["amazon", "linux"],
  ["mariner", "linux"],
];

/**
 * The platform an operating system's name stands for; null if none a profile can be for, or not
 * said.
 */
export function platformOf(operatingSystem: string | null): Platform | null {
  if (operatingSystem === null) return null;
  const said = operatingSystem.trim().toLowerCase();
  return BEGINNINGS.find(([beginning]) => said.startsWith(beginning))?.[1] ?? null;
}
