import type { Command } from "./command/command.ts";
import { commandRank } from "./command/command.ts";

/**
 * Splits commands into parts, because one request takes only PutFile, then RunScript, then GetFile.
 * A new part begins where the order would go back. All parts in a row are the commands. There are
 * as few parts as possible, and none for no commands.
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
