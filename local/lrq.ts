#!/usr/bin/env node
import { runCommand } from "./lrq/command-line.ts";

// `npx lrq`: brings a run's evidence out, and checks that it is what was collected.
// Whoever reads may leave early, as `head` does; what was found is still told by the exit code.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
});
