import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import { joinParts } from "./join-parts.ts";

/**
 * `lrq evidence join`: joins what collectors left in parts. Gives the exit code: 1 if a file could
 * not be joined, or there is nothing to join.
 */
export async function joinCommand(
  folder: string,
  into: string,
  say: (line: string) => void,
): Promise<ExitCode> {
  const all = await joinParts(folder, into);
  for (const each of all) {
    if (each.kind === "refused") say(`NOT  ${each.from}: ${each.why}`);
    else say(`ok   ${each.path}: ${each.size} bytes of ${each.parts} parts, ${each.sha256}`);
  }
  if (all.length === 0) say(`NOT  ${folder}: it has no manifest of a collector`);
  return all.length > 0 && all.every(({ kind }) => kind === "joined") ? EXIT.done : EXIT.failed;
}
