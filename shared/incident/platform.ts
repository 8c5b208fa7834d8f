import { MAX_LABEL_CHARACTERS } from "./bounds.ts";
import type { Platform, SaidPlatform } from "./incident.ts";
import { oneLine } from "./text.ts";

/** What may stand behind a name: a version, an edition, a processor. */
const BEHIND = [
  "\\d|r\\d|h\\d|v\\d|sp\\d|version|release|build",
  "server|workstations?|desktop|client|enterprise|professional|pro|home|education|business",
  "datacenter|standard|essentials|foundation|core|azure|edition|for|lts|ltsc|ltsb",
  "wvd|multisession|virtualdesktop|iotenterprise|bit|x64|x86|amd64|arm64|aarch64",
  "linux|stream|leap|tumbleweed",
  "sierra|highsierra|mojave|catalina|bigsur|monterey|ventura|sonoma|sequoia|tahoe",
].join("|");

/**
 * The names of systems that have profiles: lower case, only letters and digits, and complete. A
 * vendor's name is none: Oracle and Amazon have systems of several kinds.
 */
const OURS: readonly (readonly [Platform, RegExp])[] = [
  ["windows", named("(?:microsoft)?windows")],
  ["macos", named("(?:apple)?(?:mac|macos|macosx|osx|darwin)")],
  [
    "linux",
    named(
      "linux",
      "(?:linux|gnulinux)?(?:ubuntu|debian|fedora|rocky|alma|redhat|centos|suse)(?:gnu)?(?:linux)?",
      "(?:linux)?(?:gnulinux|rhel|sles|redhatenterprise(?:linux)?|suse(?:linux)?enterprise)",
      "(?:linux)?(?:opensuse|oraclelinux|oracleenterpriselinux|amazonlinux|azurelinux)",
      "(?:linux)?(?:mariner|cblmariner)(?:linux)?",
    ),
  ],
];

/** The same for systems without live response: phones, appliances, and Defender's "Other". */
const NOT_OURS = named(
  "windowsphone|ios|ipados|iphone|iphoneos|ipad|tvos|watchos|android|chromeos|other",
);

/** Matches one of the names if nothing but a version or an edition follows. */
function named(...names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.join("|")})(?:${BEHIND})*$`);
}

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
  if (NOT_OURS.test(name)) return { kind: "notOurs", said };
  const found = OURS.find(([, names]) => names.test(name));
  return found?.[0] ?? { kind: "unknownWord", said };
}
