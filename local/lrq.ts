#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { runCommand } from "./lrq/command-line.ts";

// `npx lrq`: brings a run's evidence out, and checks that it is what was collected.
// Whoever reads may leave early, as `head` does; what was found is still told by the exit code.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  ...(process.stdin.isTTY && process.stderr.isTTY ? { confirm } : {}),
});

/** Anything but a yes is a no. */
async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(question).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}
