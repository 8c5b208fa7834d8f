import { ZodError } from "zod";
import { reportedName } from "../../shared/evidence/reported-text.ts";
import type { CommandSurroundings } from "./command/around.ts";
import { EXIT, type ExitCode } from "./command/exit-codes.ts";
import { fileTrouble } from "./command/file-trouble.ts";
import { runProgram } from "./command/program.ts";
import { Stop } from "./command/stop.ts";
import { VERB_GROUPS } from "./command/verbs.ts";
import { versionWords } from "./command/version.ts";

const ABOUT = {
  description: "The live response queue for Microsoft Defender for Endpoint.",
  version: versionWords(),
  examples: [
    ["lrq status", "how full the tenant is, and what waits"],
    ["lrq submit --incident CASE-1 --machine pc-0002 --wait", "collect from a machine"],
    ["lrq show generic:CASE-1", "what became of it"],
    ["lrq evidence generic:CASE-1 -o case-1", "fetch what was collected"],
  ],
  after: [
    "lrq asks the app at LRQ_URL (such as http://127.0.0.1:7071) with the key LRQ_KEY.",
    "lrq COMMAND --help has examples. docs/cli.md has everything on one page.",
    "Exit codes: 0 done, 1 failed, 2 usage, 3 unreachable, 4 refused, 5 not found,",
    "6 finished with failures, 7 timeout.",
  ].join("\n"),
} as const;

/** Longer lines are cut; what is wrong is said at the beginning. */
const LINE_CHARACTERS_MAX = 500;

/** Runs one command; gives the exit code. What went wrong is a sentence, never a stack. */
export async function runCommand(
  words: readonly string[],
  surroundings: CommandSurroundings,
): Promise<ExitCode> {
  try {
    return await runProgram(words, { about: ABOUT, groups: VERB_GROUPS }, surroundings);
  } catch (error) {
    const { message, todo, exitCode } = stopOf(error);
    const complain = (line: string): void =>
      surroundings.complain(reportedName(line, LINE_CHARACTERS_MAX));
    complain(`lrq: ${message}`);
    if (todo !== null) complain(todo);
    return exitCode;
  }
}

function stopOf(error: unknown): Pick<Stop, "message" | "todo" | "exitCode"> {
  if (error instanceof Stop) return error;
  const file = fileTrouble(error);
  if (file !== null) return file;
  if (error instanceof ZodError) {
    const [first] = error.issues;
    const message = `${first?.path.join(".") ?? "something"} is not in a form that lrq knows.`;
    return { message, todo: null, exitCode: EXIT.failed };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { message, todo: null, exitCode: EXIT.failed };
}
