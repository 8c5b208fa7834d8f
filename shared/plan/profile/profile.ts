import type { Parsed } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import { schemaProblems } from "../../incident/schema-problems.ts";
import { profileProblems } from "./profile-rules.ts";
import { profileSchema } from "./profile-schema.ts";
import type { Profile } from "./profile-schema.ts";

/**
 * The profile in the JSON of a file, which must have the profile's name. Refused, with what to
 * change: unknown fields, an order that the API does not take without `inParts`, places of
 * undeclared parameters, parameters without a place, and names and paths that Defender would
 * refuse. Problem paths begin with the file's name.
 */
export function parseProfile(json: unknown, fileName: string): Parsed<Profile> {
  const checked = profileSchema.safeParse(json);
  if (!checked.success) return invalid(schemaProblems(checked.error, fileName));
  const profile = checked.data;
  const problems = profileProblems(profile).map(({ path, message }) => ({
    path: `${fileName}.${path}`,
    message,
  }));
  if (fileName !== `${profile.name}.json`) {
    const message = `Name the file ${profile.name}.json, like the profile in it.`;
    problems.push({ path: `${fileName}.name`, message });
  }
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: profile };
}
