import { custodyEntrySchema, type CustodyEntry } from "../../shared/evidence/custody.ts";
import type { Check } from "./check.ts";

/**
 * Whether every script ran as pinned, by the custody entries: each file as Defender listed it
 * before it ran, and not changed since. Shows the whole hash of each script.
 */
export function pinnedScripts(raw: readonly unknown[]): Check {
  const entries = raw.flatMap((each) => custodyEntrySchema.safeParse(each).data ?? []);
  const scripts = new Map(entries.flatMap(({ command }) => scriptIn(command)));
  return {
    claim: "scripts ran as pinned, by the SHA-256 that Defender listed before",
    problems: entries.flatMap(problemsOf),
    shown: [...scripts].flatMap(([name, sha256]) => [name, `  ${sha256}`]),
  };
}

function scriptIn(command: CustodyEntry["command"]): [name: string, sha256: string][] {
  if (command.type !== "RunScript" || command.scriptSha256 === null) return [];
  return [[command.scriptName, command.scriptSha256]];
}

function problemsOf({ command, library, machineName }: CustodyEntry): string[] {
  const where = machineName ?? "a machine";
  if (command.type === "RunScript" && command.scriptSha256 === null) {
    return [`nothing says which bytes ran as ${command.scriptName} on ${where}`];
  }
  if (library === null || library === undefined) return [];
  if (!library.pinned) return [`files that nobody pinned were used on ${where}`];
  return library.changedAt === null ? [] : [`a library file was changed while it ran on ${where}`];
}
