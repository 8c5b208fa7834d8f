import { join } from "node:path";
import { examine } from "../../shared/doctor/examine.ts";
import { exitCode, type Finding } from "../../shared/doctor/finding.ts";
import type { AppAddress } from "../lrq/app-address.ts";
import { askApp } from "./ask-app.ts";
import { settingsWith } from "./settings-file.ts";

/** Where the verb runs. */
export interface DoctorSurroundings {
  /** The app to ask; null to examine what the settings here lead to. */
  readonly app: AppAddress | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where local.settings.json is looked for. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/**
 * `lrq doctor [--json] [--probe]`: says what it finds, a fix for whatever is not right, and returns
 * the exit code: 0 if nothing is an error, 1 if something is. The app finds it, with its identity
 * and settings; without the address of one it is found here. Throws on a settings file that is
 * none.
 */
export async function doctor(
  flags: { readonly json: boolean; readonly probe: boolean },
  surroundings: DoctorSurroundings,
): Promise<0 | 1> {
  const { app, say } = surroundings;
  const findings =
    app === null ? await examineHere(flags.probe, surroundings) : await askApp(app, flags.probe);
  for (const line of flags.json ? [JSON.stringify(findings)] : linesOf(findings)) say(line);
  return exitCode(findings);
}

const unheard = (): void => undefined;

async function examineHere(
  probe: boolean,
  { env, folder }: DoctorSurroundings,
): Promise<Finding[]> {
  const settings = settingsWith(join(folder, "local.settings.json"), env);
  if (settings.kind === "wrong") throw new Error(settings.what);
  return await examine({
    env: settings.env,
    isApp: false,
    probe,
    nowMs: Date.now,
    fetch,
    log: unheard,
  });
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
