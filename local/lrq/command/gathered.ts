import type { Around } from "./around.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Asked } from "./verb.ts";

/** Runs what speaks in lines; for `--json` the lines become one answer, with the exit code. */
export async function gathered(
  asked: Asked,
  around: Around,
  run: (say: (line: string) => void) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (!asked.flag("json")) return await run(around.say);
  const said: string[] = [];
  const exitCode = await run((line) => said.push(line));
  around.sayJson({ exitCode, said });
  return exitCode;
}
