import { MAX_LABEL_CHARACTERS } from "./bounds.ts";
import type { Platform, SaidPlatform } from "./incident.ts";
import { oneLine } from "./text.ts";

/** How the systems begin that a profile can be for: lower case, nothing but letters and digits. */
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

/** The same of systems live response is not for: phones, appliances, and Defender's "Other". */
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

/** What vendors write when they do not know. */
const NOT_SAID = new Set(["", "unknown", "none", "null", "unspecified", "notavailable", "na"]);

/**
 * What the words of Defender (`osPlatform`), Sentinel (`osFamily`), Graph and ServiceNow say of a
 * system: a platform of ours, one that is not, or a word we do not know. The first word that says
 * a platform counts; null if none says anything.
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

/** The platform, if what is said is one of ours. */
export function ours(said: SaidPlatform): Platform | null {
  return typeof said === "string" ? said : null;
}

/** Of two that speak of one machine: a platform says more than a word we do not know. */
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
