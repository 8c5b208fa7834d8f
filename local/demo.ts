import { runDemo } from "./demo/run-demo.ts";
import { SHOW_CURSOR } from "./screen.ts";
import { INTERRUPTED_EXIT_CODE, watchInterrupts } from "./interruption.ts";

// `npm run demo`: one incident and one ticket, start to finish, and then two rounds of a sweep.
// Exit code 0 only if everything came as it should. `npm run demo -- --page` leaves everything up
// for the operations page, until Ctrl-C.

const USAGE = "Usage: npm run demo [-- --page]\n  --page  leave it up, and say where the page is\n";

/**
 * What may still be open when everything is stopped, a connection kept alive, is not waited for.
 */
const LAST_WAIT_MS = 2_000;

const TROUBLE = "The demo did not end as it should. The host's log: .lrq/demo/host.log";

const { stdout } = process;
const signal = watchInterrupts(() => stdout.write(stdout.isTTY ? SHOW_CURSOR : ""));
const asked = process.argv.slice(2);
const leavesUp = asked.includes("--page");
if (asked.some((word) => word !== "--page")) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = await demonstrate();
}
setTimeout(() => process.exit(), LAST_WAIT_MS).unref();

async function demonstrate(): Promise<number> {
  const beganAtMs = Date.now();
  try {
    const root = process.cwd();
    const end = await runDemo({ root, env: process.env, out: stdout, signal, leavesUp });
    if (end.kind === "refused") {
      process.stderr.write(`${end.why}\n`);
      return 1;
    }
    const took = `${((Date.now() - beganAtMs) / 1_000).toFixed(0)} s`;
    const well = `All of it in ${took}. Everything is stopped.`;
    stdout.write(`\n${end.isWell ? well : TROUBLE}\n`);
    return end.isWell ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      stdout.write("\nInterrupted. Everything is stopped.\n");
      return INTERRUPTED_EXIT_CODE;
    }
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\n${why}\n${TROUBLE}\n`);
    return 1;
  }
}
