/** A command, or the template of one: what both say of the files that they use. */
type UsesFiles =
  | { readonly type: "PutFile"; readonly fileName: string }
  | { readonly type: "RunScript"; readonly scriptName: string }
  | { readonly type: "GetFile" };

/** The names of the library files that these commands use, each once. */
export function filesOf(commands: readonly UsesFiles[]): string[] {
  const names = commands.flatMap((command) => {
    if (command.type === "GetFile") return [];
    return [command.type === "PutFile" ? command.fileName : command.scriptName];
  });
  return [...new Set(names)];
}
