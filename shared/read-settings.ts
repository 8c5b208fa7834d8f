import { parseCallers, type Caller } from "./access/caller.ts";
import { settingProblems } from "./callback/targets.ts";
import { readConfig, type Config } from "./config.ts";
import type { Problem } from "./incident/problem.ts";
import { libraryRules, type LibraryRules } from "./limits/library/rules.ts";
import type { Pins } from "./plan/library/pins.ts";
import type { Catalogue } from "./plan/profile/catalogue.ts";
import type { Routing } from "./plan/profile/routing.ts";
import { readProfiles } from "./shipped-profiles.ts";

/** Who may call, and what may be run. */
export interface KnownParts {
  readonly callers: readonly Caller[];
  readonly catalogue: Catalogue;
  readonly routing: Routing;
  /** The hashes that library files must have, whether lrq checks them or not. */
  readonly pins: Pins;
  /** What may be run from the library; null if the library is not checked. */
  readonly library: LibraryRules | null;
}

/** What an app is made of, or everything that is wrong with its settings and profiles. */
export type ReadSettings =
  | { readonly kind: "settings"; readonly config: Config; readonly known: KnownParts }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/** Reads the environment, and the profiles and pins next to host.json. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): ReadSettings {
  const config = readConfig(env);
  const callers = parseCallers(env["CALLERS"] ?? "");
  const profiles = readProfiles();
  const problems = [
    ...(config.kind === "wrong" ? config.problems : []),
    ...(callers.kind === "invalid" ? callers.problems.map(ofCallers) : []),
    ...(config.kind === "config" && callers.kind === "parsed"
      ? settingProblems(callers.value, config.config.callbacks)
      : []),
    ...(profiles.kind === "wrong" ? profiles.problems : []),
  ];
  const isWrong =
    config.kind === "wrong" || callers.kind === "invalid" || profiles.kind === "wrong";
  if (isWrong || problems.length > 0) return { kind: "wrong", problems };
  const { catalogue, routing, pins } = profiles;
  const library = libraryRules(config.config.library, profiles);
  const known = { callers: callers.value, catalogue, routing, pins, library };
  return { kind: "settings", config: config.config, known };
}

function ofCallers({ path, message }: Problem): Problem {
  return { path: path === "" ? "CALLERS" : `CALLERS.${path}`, message };
}
