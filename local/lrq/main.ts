import { Writable } from "node:stream";
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
    ...(stdin.isTTY && stderr.isTTY ? { confirm, askSecret } : {}),
    ...(stdout.isTTY ? { terminal: stdout } : {}),
    coloured: wantsColour(stdout.isTTY, env),
    readInput: async () => await text(stdin),
  });
}

/** Anything but a yes is a no. */
async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await answerTo(question, process.stderr)).trim());
}

/** What is typed is shown nowhere. */
async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await answerTo("", nowhere);
  process.stderr.write("\n");
  return answer;
}

async function answerTo(question: string, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  // Reading takes Ctrl-C for itself.
  terminal.once("SIGINT", () => process.exit(INTERRUPTED_EXIT_CODE));
  return await terminal.question(question).finally(() => terminal.close());
}
