import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Parsed, Problem } from "./incident/problem.ts";
import { invalid } from "./incident/refusal.ts";
import { parsePins, PINS_FILE, type Pins } from "./plan/library/pins.ts";
import { buildCatalogue, type Catalogue } from "./plan/profile/catalogue.ts";
import { parseRouting, type Routing } from "./plan/profile/routing.ts";

/** The profiles, the routing rules and the pins of the scripts that they name. */
interface Shipped {
  readonly catalogue: Catalogue;
  readonly routing: Routing;
  readonly pins: Pins;
}

/** All of it, or everything that is wrong with it. */
export type ReadProfiles =
  | ({ readonly kind: "profiles" } & Shipped)
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/** What lies next to host.json, whether this runs as source or as a bundle below it. */
export function readProfiles(): ReadProfiles {
  const root = rootUrl();
  const folder = new URL("profiles/", root);
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  const names = readdirSync(folder).filter(
    (name) => name.endsWith(".json") && name !== "routing.json",
  );
  const catalogue = buildCatalogue(names.map((name) => ({ fileName: name, json: read(name) })));
  const pins = readPins(new URL("library/", root));
  if (catalogue.kind === "invalid" || pins.kind === "invalid") {
    const problems = [catalogue, pins].flatMap((each) =>
      each.kind === "invalid" ? each.problems : [],
    );
    return { kind: "wrong", problems };
  }
  const routing = parseRouting(read("routing.json"), catalogue.value);
  if (routing.kind === "invalid") return { kind: "wrong", problems: routing.problems };
  return {
    kind: "profiles",
    catalogue: catalogue.value,
    routing: routing.value,
    pins: pins.value,
  };
}

/** The pins in `folder`, whose address ends in a slash. A missing or broken file is a problem. */
export function readPins(folder: URL): Parsed<Pins> {
  try {
    return parsePins(JSON.parse(readFileSync(new URL(PINS_FILE, folder), "utf8")));
  } catch {
    const path = fileURLToPath(new URL(PINS_FILE, folder));
    return invalid([{ path: PINS_FILE, message: `There is no file with JSON at ${path}.` }]);
  }
}

function rootUrl(): URL {
  for (const up of ["./", "../", "../../"]) {
    const candidate = new URL(up, import.meta.url);
    if (existsSync(new URL("host.json", candidate))) return candidate;
  }
  throw new Error(`no host.json above ${fileURLToPath(import.meta.url)}`);
}
