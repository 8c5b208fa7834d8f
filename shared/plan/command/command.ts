/**
 * One live response command, in Defender's words. PutFile has no result; the other two have one
 * each.
 */
export type Command =
  | { readonly type: "PutFile"; readonly fileName: string }
  | { readonly type: "RunScript"; readonly scriptName: string; readonly args: string | null }
  | { readonly type: "GetFile"; readonly path: string };

/**
 * The order that one request must keep: all PutFile, then all RunScript, then all GetFile (Run live
 * response API page, "Commands").
 */
export const COMMAND_ORDER = ["PutFile", "RunScript", "GetFile"] as const;

/** The position of a command in `COMMAND_ORDER`: 0, 1 or 2. */
export function commandRank(command: Pick<Command, "type">): number {
  return COMMAND_ORDER.indexOf(command.type);
}

/** Its parameters by Defender's names (Run live response API page); those without a value are out. */
export function parametersOf(command: Command): Readonly<Record<string, string>> {
  if (command.type === "PutFile") return { FileName: command.fileName };
  if (command.type === "GetFile") return { Path: command.path };
  const { scriptName, args } = command;
  return args === null ? { ScriptName: scriptName } : { ScriptName: scriptName, Args: args };
}
