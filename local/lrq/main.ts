import { text } from "node:stream/consumers";
import { createInterface } from "node:readline/promises";
import { wantsColour } from "../colours.ts";
import { INTERRUPTED_EXIT_CODE } from "../interruption.ts";
import { SHOW_CURSOR } from "../screen.ts";
import { runCommand } from "./command-line.ts";

/** Runs the command of this process; gives its exit code. */
export async function main(): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  // Whoever reads may leave early, as `head` does; what was found is still told by the exit code.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  if (stdout.isTTY) {
    process.once("SIGINT", () => {
      // A command that draws has hidden the cursor.
      stdout.write(SHOW_CURSOR);
      process.exit(INTERRUPTED_EXIT_CODE);
    });
  }
  return await runCommand(process.argv.slice(2), {
    env,
    say: (line) => stdout.write(`${line}\n`),
    complain: (line) => stderr.write(`${line}\n`),
    ...(stdin.isTTY && stderr.isTTY ? { confirm } : {}),
    ...(stdout.isTTY ? { terminal: stdout } : {}),
    coloured: wantsColour(stdout.isTTY, env),
    readInput: async () => await text(stdin),
  });
}

/** Anything but a yes is a no. */
async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(question).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}
