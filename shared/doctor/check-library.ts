import type { LibraryConfig } from "../limits/library/rules.ts";
import type { Pins } from "../plan/library/pins.ts";
import { unpinnedFiles } from "../plan/library/unpinned-files.ts";
import type { Catalogue } from "../plan/profile/catalogue.ts";
import { found, ok, type Finding } from "./finding.ts";

/** The only right to list the library (List library files page). It also lets one change it. */
export const LIBRARY_ROLE = "Library.Manage";

const CHECK = `role ${LIBRARY_ROLE}`;

/** Whether the app has the right that LIBRARY_CHECK asks for, and what follows. */
export function checkLibraryRole(isGranted: boolean, check: LibraryConfig["check"]): Finding {
  if (check === "list")
    return isGranted ? ok(CHECK, "It is there: lrq lists the library.") : LACKING;
  if (!isGranted) return ok(CHECK, `It is not there; LIBRARY_CHECK is ${check} and needs none.`);
  const what = `It is there, and LIBRARY_CHECK is ${check}: the app could change what runs.`;
  const fix = "Remove it, or set LIBRARY_CHECK to list.";
  return found("warning", CHECK, what, fix);
}

const LACKING = found(
  "error",
  CHECK,
  "It is missing: lrq cannot list the library, and holds what needs a file of it.",
  "Grant it with node infra/grant.mjs --library. Or set LIBRARY_CHECK to given, and let somebody " +
    "else bring the list with POST /api/library/check.",
);

/** Whether a profile names a file that lrq never runs, or anything may run. */
export function checkPins(
  { check }: Pick<LibraryConfig, "check">,
  { catalogue, pins }: { readonly catalogue: Catalogue; readonly pins: Pins },
): Finding[] {
  if (check === "off") {
    const what = "LIBRARY_CHECK is off: lrq runs whatever has a script's name in the library.";
    return [found("warning", PINS, what, "Set LIBRARY_CHECK to list, or to given.")];
  }
  return unpinnedFiles(catalogue, pins).map(({ profile, file }) => {
    const what = `${profile} names ${file}, which has no pin: its sequences wait.`;
    return found("warning", PINS, what, `Pin ${file} with lrq library pin, and deploy the pins.`);
  });
}

const PINS = "library pins";

const UNSIGNED = "unsigned scripts";
/** Names that one finding shows. */
const NAMES_MAX = 3;

/**
 * The tenant can refuse PowerShell scripts without a signature. No API tells whether it does, so
 * this says which pinned scripts need to know it.
 */
export function checkSignatures(pins: Pins): Finding[] {
  const scripts = [...pins.values()].filter(({ name }) => /\.ps1$/i.test(name));
  if (scripts.length === 0) return [];
  const unsigned = scripts.filter(({ signed }) => !signed).map(({ name }) => name);
  if (unsigned.length === 0) return [ok(UNSIGNED, `All ${scripts.length} are signed.`)];
  const names = unsigned.slice(0, NAMES_MAX).join(", ");
  const more = unsigned.length > NAMES_MAX ? ", ..." : "";
  const what =
    `${unsigned.length} of ${scripts.length} PowerShell scripts have no signature (${names}${more}). ` +
    "Whether the tenant runs such scripts, no API tells.";
  const fix =
    "Sign them, as docs/library.md says. Or look in the Defender portal under Settings, Endpoints, " +
    "Advanced features, whether Live Response unsigned script execution is on.";
  return [found("unknown", UNSIGNED, what, fix)];
}
