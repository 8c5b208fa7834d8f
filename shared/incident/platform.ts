import { MAX_LABEL_CHARACTERS } from "./bounds.ts";
import type { Platform, SaidPlatform } from "./incident.ts";
import { oneLine } from "./text.ts";

/**
 * The beginnings of the names of systems that have profiles: lower case, only letters and digits.
 */
const OURS: readonly (readonly [Platform, readonly string[]])[] = [
  ["windows", ["windows", "microsoftwindows"]],
  ["macos", ["macos", "osx", "darwin"]],
  [
    "linux",
    [
      "linux",
      "gnulinux",
      "ubuntu",
      "debian",
      "redhat",
      "rhel",
      "centos",
      "fedora",
      "rocky",
      "alma",
      "oracle",
      "suse",
      "opensuse",
      "sles",
      "amazon",
      "azurelinux",
      "mariner",
      "cblmariner",
    ],
  ],
];

/** The same for systems without live response: phones, appliances, and Defender's "Other". */
const NOT_OURS = [
  "windowsphone",
  "ios",
  "ipados",
  "iphone",
  "ipad",
  "tvos",
  "watchos",
  "android",
  "chromeos",
  "other",
];

/** The words that vendors write when they do not know the system. */
const NOT_SAID = new Set(["", "unknown", "none", "null", "unspecified", "notavailable", "na"]);

/**
 * What the words of Defender (`osPlatform`), Sentinel (`osFamily`), Graph and ServiceNow say of a
 * system: a platform with profiles, one without, or a word that lrq does not know. The first word
 * that names a platform counts; null if no word says anything.
 */
export function platformOf(...words: readonly (string | null)[]): SaidPlatform {
  const read = words.map(readWord).filter((each) => each !== null);
  return (
    read.find((each) => typeof each === "string") ??
    read.find((each) => typeof each === "object" && each.kind === "notOurs") ??
    read[0] ??
    null
  );
}

/** The platform, if it is one with profiles. */
export function ours(said: SaidPlatform): Platform | null {
  return typeof said === "string" ? said : null;
}

/**
 * The better of two words for one machine: a platform says more than a word that lrq does not know.
 */
export function surerOf(first: SaidPlatform, next: SaidPlatform): SaidPlatform {
  return isSettled(first) ? first : isSettled(next) ? next : (first ?? next);
}

function isSettled(said: SaidPlatform): boolean {
  return typeof said === "string" || said?.kind === "notOurs";
}

function readWord(word: string | null): SaidPlatform {
  const said = oneLine(word ?? "", MAX_LABEL_CHARACTERS);
  const name = said.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  if (NOT_SAID.has(name)) return null;
  if (NOT_OURS.some((beginning) => name.startsWith(beginning))) return { kind: "notOurs", said };
  if (name === "mac") return "macos";
  const found = OURS.find(([, beginnings]) => beginnings.some((each) => name.startsWith(each)));
  return found?.[0] ?? { kind: "unknownWord", said };
}
