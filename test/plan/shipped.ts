import { readdirSync, readFileSync } from "node:fs";
import { buildCatalogue } from "../../shared/plan/profile/catalogue.ts";
import type { Catalogue, ProfileFile } from "../../shared/plan/profile/catalogue.ts";
import type { Profile } from "../../shared/plan/profile/profile-schema.ts";
import { parseProfile } from "../../shared/plan/profile/profile.ts";
import { parseRouting } from "../../shared/plan/profile/routing.ts";
import type { Routing } from "../../shared/plan/profile/routing.ts";

const FOLDER = new URL("../../profiles/", import.meta.url);

/** The profiles we ship, as files. */
export function shippedFiles(): ProfileFile[] {
  return readdirSync(FOLDER)
    .filter((fileName) => fileName.endsWith(".json") && fileName !== "routing.json")
    .map((fileName) => ({ fileName, json: jsonOf(fileName) }));
}

/** The catalogue we ship; throws what is wrong with it. */
export function shippedCatalogue(): Catalogue {
  return valueOf(buildCatalogue(shippedFiles()));
}

/** The routing rules we ship; throws what is wrong with them. */
export function shippedRouting(): Routing {
  return valueOf(parseRouting(jsonOf("routing.json"), shippedCatalogue()));
}

/** A profile that is right, with some fields different; throws if it is then wrong. */
export function profileWith(fields: Readonly<Record<string, unknown>>): Profile {
  return valueOf(parseProfile({ ...sample(), ...fields }, "sample.json"));
}

/** The JSON of a profile without parameters that runs one script. */
export function sample(): Record<string, unknown> {
  return {
    name: "sample",
    version: 1,
    title: "Sample",
    description: "A sample.",
    platforms: ["windows"],
    lane: "incident",
    shell: "powershell",
    parameters: {},
    commands: [{ type: "RunScript", scriptName: "a.ps1" }],
  };
}

function jsonOf(fileName: string): unknown {
  return JSON.parse(readFileSync(new URL(fileName, FOLDER), "utf8"));
}

function valueOf<T>(
  parsed: { kind: "parsed"; value: T } | { kind: "invalid"; problems: unknown },
): T {
  if (parsed.kind === "parsed") return parsed.value;
  throw new Error(JSON.stringify(parsed.problems));
}
