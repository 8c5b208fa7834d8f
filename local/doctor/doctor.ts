import { join } from "node:path";
import { examine } from "./examine.ts";
import { exitCode, type Finding } from "./finding.ts";
import { settingsWith } from "./settings-file.ts";

/** Where the verb runs. */
export interface DoctorSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where local.settings.json is looked for. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/**
 * `lrq doctor [--json] [--probe]`: says what it finds, a fix for whatever is not right, and returns
 * the exit code: 0 if nothing is an error, 1 if something is. Throws on a settings file that is
 * none.
 */
export async function doctor(
  flags: { readonly json: boolean; readonly probe: boolean },
  { env, folder, say }: DoctorSurroundings,
): Promise<0 | 1> {
  const settings = settingsWith(join(folder, "local.settings.json"), env);
  if (settings.kind === "wrong") throw new Error(settings.what);
  const findings = await examine({ env: settings.env, probe: flags.probe, nowMs: Date.now, fetch });
  for (const line of flags.json ? [JSON.stringify(findings)] : linesOf(findings)) say(line);
  return exitCode(findings);
}

/** One line a finding, and one for its fix; what is wrong is not left to be looked for. */
export function linesOf(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ check, state, what, fix }) => [
    `${state.padEnd(8)} ${check}: ${what}`,
    ...(fix === null ? [] : [`${" ".repeat(9)}fix: ${fix}`]),
  ]);
  const count = (state: Finding["state"]) =>
    findings.filter((finding) => finding.state === state).length;
  const sum = `${count("error")} errors, ${count("warning")} warnings, ${count("unknown")} unknown`;
  return [...lines, sum];
}
