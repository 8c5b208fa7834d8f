import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Problem } from "./incident/problem.ts";
import { buildCatalogue, type Catalogue } from "./plan/profile/catalogue.ts";
import { parseRouting, type Routing } from "./plan/profile/routing.ts";

/** The profiles and the routing rules, or everything that is wrong with them. */
export type ReadProfiles =
  | { readonly kind: "profiles"; readonly catalogue: Catalogue; readonly routing: Routing }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/** The profiles next to host.json, whether this runs as source or as a bundle below it. */
export function readProfiles(): ReadProfiles {
  const folder = new URL("profiles/", rootUrl());
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  const names = readdirSync(folder).filter(
    (name) => name.endsWith(".json") && name !== "routing.json",
  );
  const catalogue = buildCatalogue(names.map((name) => ({ fileName: name, json: read(name) })));
  if (catalogue.kind === "invalid") return { kind: "wrong", problems: catalogue.problems };
  const routing = parseRouting(read("routing.json"), catalogue.value);
  if (routing.kind === "invalid") return { kind: "wrong", problems: routing.problems };
  return { kind: "profiles", catalogue: catalogue.value, routing: routing.value };
}

function rootUrl(): URL {
  for (const up of ["./", "../", "../../"]) {
    const candidate = new URL(up, import.meta.url);
    if (existsSync(new URL("host.json", candidate))) return candidate;
  }
  throw new Error(`no host.json above ${fileURLToPath(import.meta.url)}`);
}
