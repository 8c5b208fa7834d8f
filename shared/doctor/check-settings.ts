import { parseCallers, type Caller } from "../access/caller.ts";
import { isUnlimited } from "../access/machine-scope.ts";
import { settingProblems } from "../callback/targets.ts";
import { readConfig } from "../config.ts";
import type { LibraryConfig } from "../limits/library/rules.ts";
import type { Parsed, Problem } from "../incident/problem.ts";
import { readProfiles } from "../shipped-profiles.ts";
import { checkPins, checkSignatures } from "./check-library.ts";
import { found, ok, type Finding } from "./finding.ts";

/** What to do about a setting, where its own message does not say it. */
const FIXES: Readonly<Record<string, string>> = {
  POLL_SCHEDULE: 'Set POLL_SCHEDULE to "0 * * * * *"; without it the host runs no poll at all.',
  CALLERS: "Set CALLERS as docs/settings.md shows.",
};

/** Whether the app would start with these settings and the profiles next to it. */
export function checkSettings(env: Readonly<Record<string, string | undefined>>): Finding[] {
  const config = readConfig(env);
  const callers = parseCallers(env["CALLERS"] ?? "");
  const library = config.kind === "config" ? config.config.library : null;
  const findings = [...checkCallers(callers), ...checkProfiles(library)];
  if (config.kind === "wrong") {
    return [...config.problems.map((each) => wrong("settings", each)), ...findings];
  }
  const { access, defender, callbacks } = config.config;
  if (callers.kind === "parsed") {
    const problems = settingProblems(callers.value, callbacks);
    findings.push(...problems.map((each) => wrong("callbacks", each)));
  }
  if (isUnlimited(access.scope)) {
    const fix = "Set SCOPE as docs/settings.md shows: what is allowed, denied, and tier 0.";
    findings.push(found("warning", "scope", "lrq may act on every machine of the tenant.", fix));
  }
  if (access.lockdown) {
    const fix = "Set LOCKDOWN to false when the reason for it is gone.";
    findings.push(
      found("warning", "lockdown", "lrq refuses every request and starts nothing.", fix),
    );
  }
  if (access.paused) {
    const fix = "Set PAUSED to false when nothing speaks against it, then send POST /api/resume.";
    findings.push(found("warning", "paused", "The setting PAUSED lets lrq submit nothing.", fix));
  }
  const right = ok("settings", `All can be read; Defender is at ${new URL(defender.url).host}.`);
  return [right, ...findings];
}

function checkCallers(callers: Parsed<Caller[]>): Finding[] {
  if (callers.kind === "invalid") {
    return callers.problems.map(({ path, message }) =>
      wrong("callers", { path: path === "" ? "CALLERS" : `CALLERS.${path}`, message }),
    );
  }
  const names = callers.value.map(({ name }) => name);
  if (names.length > 0) return [ok("callers", `${names.length}: ${names.join(", ")}.`)];
  const what = "There are none, so lrq refuses every request except health.";
  return [found("warning", "callers", what, FIXES["CALLERS"] ?? "")];
}

function checkProfiles(library: LibraryConfig | null): Finding[] {
  const profiles = readProfiles();
  if (profiles.kind === "wrong") return profiles.problems.map((each) => wrong("profiles", each));
  const { catalogue, pins } = profiles;
  const what = `${catalogue.size} can be read, the routing rules and ${pins.size} pins too.`;
  const held = library === null ? [] : checkPins(library, { catalogue, pins });
  return [ok("profiles", what), ...held, ...checkSignatures(pins)];
}

/** The messages of our own parsers; none of them holds a value. */
function wrong(check: string, { path, message }: Problem): Finding {
  const [setting = ""] = path.split(".");
  const fix = FIXES[setting] ?? `Correct ${setting}; docs/settings.md says which values it takes.`;
  return found("error", check, `${path}: ${message}`, fix);
}
