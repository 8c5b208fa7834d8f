import { readFileSync } from "node:fs";
import { z } from "zod";

const fileSchema = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/**
 * The settings of a local.settings.json, below those of the environment, or what is wrong with it.
 */
export type ReadSettings =
  | { readonly kind: "settings"; readonly env: Readonly<Record<string, string | undefined>> }
  | { readonly kind: "wrong"; readonly what: string };

/**
 * The environment the app would have: as it is in Azure, and on a developer's machine with the
 * `Values` of `path`, as the Functions tools add them. No such file is no trouble.
 */
export function settingsWith(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadSettings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { kind: "settings", env };
  }
  try {
    const { Values } = fileSchema.parse(JSON.parse(text));
    return { kind: "settings", env: { ...Values, ...env } };
  } catch {
    return { kind: "wrong", what: `${path} is not of the form {"Values": {"name": "text"}}` };
  }
}
