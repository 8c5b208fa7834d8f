import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHAOS_USAGE, readChaosOptions, type ChaosOptions } from "./chaos/chaos-options.ts";
import { startChaos } from "./chaos/run-chaos.ts";
import { judge } from "./chaos/verdict.ts";
import { lockFolder } from "./folder-lock.ts";
import { INTERRUPTED_EXIT_CODE, watchInterrupts } from "./interruption.ts";

// `npm run chaos`: hosts and storage that are killed and held, while everything is sent twice.
// Exit code 0 only if Defender's door saw what was promised.

/**
 * What may still be open when everything is stopped, a connection kept alive, is not waited for.
 */
const LAST_WAIT_MS = 2_000;

const { stdout, stderr } = process;
const dataDir = join(process.cwd(), ".lrq", "chaos");
const signal = watchInterrupts(() => undefined);
process.exitCode = await main();
setTimeout(() => process.exit(), LAST_WAIT_MS).unref();

async function main(): Promise<number> {
  const asked = readChaosOptions(process.argv.slice(2));
  if (asked.kind === "help") {
    stdout.write(CHAOS_USAGE);
    return 0;
  }
  if (asked.kind === "wrong") return refuse(asked.problems);
  const locked = await lockFolder(dataDir);
  if (locked.kind === "taken") return refuse([locked.why]);
  try {
    rmSync(dataDir, { recursive: true, force: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return await rage(asked.options);
  } catch (error) {
    if (signal.aborted) return INTERRUPTED_EXIT_CODE;
    stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    locked.lock.release();
  }
}

async function rage(options: ChaosOptions): Promise<number> {
  const beganAtMs = performance.now();
  const say = (line: string): void => {
    const seconds = Math.floor((performance.now() - beganAtMs) / 1_000);
    stdout.write(`${String(seconds).padStart(4)} s  ${line}\n`);
  };
  const chaos = await startChaos({ ...options, root: process.cwd(), dataDir, say, signal });
  try {
    await chaos.rage();
    await chaos.settle();
    const { summary, findings } = judge(await chaos.facts());
    stdout.write(`\n${summary.join("\n")}\n`);
    for (const finding of findings) stdout.write(`BROKEN: ${finding}\n`);
    const logs = "The hosts' logs: .lrq/chaos/host-*.log";
    stdout.write(findings.length === 0 ? "Every promise was kept.\n" : `${logs}\n`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    await chaos.stop();
  }
}

function refuse(why: readonly string[]): number {
  stderr.write(`${why.join("\n")}\n`);
  return 1;
}
