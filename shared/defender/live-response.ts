import type { Command } from "../plan/command/command.ts";
import { COMMAND_ORDER, parametersOf } from "../plan/command/command.ts";

/**
 * The documented form of a machine id. Some calls also take a name, and a name could mean another
 * machine.
 */
const MACHINE_ID = /^[0-9a-f]{40}$/i;

interface WireCommand {
  readonly type: Command["type"];
  readonly params: readonly { readonly key: string; readonly value: string }[];
}

/**
 * Path and body of a runliveresponse POST; the letter case of every name counts (common error codes
 * page). Throws for what a plan never has: another form of machine id, no commands, or an order
 * that the API refuses.
 */
export function liveResponseCall(
  machineId: string,
  commands: readonly Command[],
  comment: string,
): { path: string; json: { Commands: readonly WireCommand[]; Comment: string } } {
  if (!MACHINE_ID.test(machineId)) throw new Error("a machine id is 40 hex digits");
  if (commands.length === 0) throw new Error("a sequence has at least one command");
  const ranks = commands.map((command) => COMMAND_ORDER.indexOf(command.type));
  if (ranks.some((rank, position) => rank < (ranks[position - 1] ?? 0))) {
    throw new Error("one request keeps the order PutFile, RunScript, GetFile");
  }
  return {
    path: `/api/machines/${machineId}/runliveresponse`,
    json: { Commands: commands.map(wireCommand), Comment: comment },
  };
}

/** A parameter without a value is left out, because no client was seen to send an empty one. */
function wireCommand(command: Command): WireCommand {
  const params = Object.entries(parametersOf(command)).map(([key, value]) => ({ key, value }));
  return { type: command.type, params };
}
