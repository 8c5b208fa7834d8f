import type { Command } from "./command/command.ts";
import { commandRank } from "./command/command.ts";

/**
 * Cuts commands where their order would go back, for one request takes only PutFile, then
 * RunScript, then GetFile. The parts in a row are the commands; each part keeps the order; there
 * are as few parts as there can be, and none for no commands.
 */
export function splitIntoParts(commands: readonly Command[]): Command[][] {
  const parts: Command[][] = [];
  let last: Command | undefined;
  for (const command of commands) {
    const part = parts.at(-1);
    if (part === undefined || (last !== undefined && commandRank(command) < commandRank(last))) {
      parts.push([command]);
    } else {
      part.push(command);
    }
    last = command;
  }
  return parts;
}
