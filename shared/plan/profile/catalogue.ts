import { createHash } from "node:crypto";
import type { Parsed, Problem } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import { canonicalJson } from "../canonical-json.ts";
import { parseProfile } from "./profile.ts";
import type { Profile } from "./profile-schema.ts";

/** A profile's file as read: its name without folders, and the JSON in it. */
export interface ProfileFile {
  readonly fileName: string;
  readonly json: unknown;
}

/** A valid profile, and the SHA-256 (hex) of its file's JSON in canonical form. */
export interface CatalogueEntry {
  readonly profile: Profile;
  readonly hash: string;
}

/** All profiles by name. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

/** The catalogue of these files; or the problems of each file, and names that are used twice. */
export function buildCatalogue(files: readonly ProfileFile[]): Parsed<Catalogue> {
  const catalogue = new Map<string, CatalogueEntry>();
  const problems: Problem[] = [];
  for (const { fileName, json } of files) {
    const parsed = parseProfile(json, fileName);
    if (parsed.kind === "invalid") {
      problems.push(...parsed.problems);
    } else if (catalogue.has(parsed.value.name)) {
      const message = `Rename one of the two profiles called ${parsed.value.name}.`;
      problems.push({ path: `${fileName}.name`, message });
    } else {
      catalogue.set(parsed.value.name, { profile: parsed.value, hash: sha256(json) });
    }
  }
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: catalogue };
}

function sha256(json: unknown): string {
  return createHash("sha256").update(canonicalJson(json), "utf8").digest("hex");
}
