import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paintFor, wantsColour } from "./colours.ts";
import { sampleTenant } from "./defender-simulator/sample-tenant.ts";
import { lockFolder, type FolderLock } from "./folder-lock.ts";
import { greeting } from "./greeting.ts";
import { createLogReader, openLogFile } from "./host-log.ts";
import { aborted, watchInterrupts } from "./interruption.ts";
import { ownFolder } from "./own-folder.ts";
import { portTrouble } from "./port.ts";
import { settingsTrouble } from "./settings.ts";
import { startStack, type Stack } from "./stack.ts";
import { readStartOptions, START_USAGE, type StartOptions } from "./start-options.ts";

// `npm start`: everything on this computer, until Ctrl-C. Data is kept in .lrq/start; --fresh
// begins anew.

const SEED = 1;
const MACHINES = 40;
/**
 * What may still be open when everything is stopped, a connection kept alive, is not waited for.
 */
const LAST_WAIT_MS = 2_000;

const { env, stdout, stderr } = process;
const root = process.cwd();
const dataDir = join(root, ".lrq", "start");
const logFile = join(dataDir, "host.log");
const tenant = sampleTenant({ machines: MACHINES, seed: SEED });
const signal = watchInterrupts(() => undefined);

process.exitCode = await main();
setTimeout(() => process.exit(), LAST_WAIT_MS).unref();

async function main(): Promise<number> {
  const asked = readStartOptions(process.argv.slice(2), env);
  if (asked.kind === "help") {
    stdout.write(START_USAGE);
    return 0;
  }
  const problems = asked.kind === "wrong" ? asked.problems : settingsTrouble(env);
  if (asked.kind === "wrong" || problems.length > 0) return refuse(problems);
  try {
    const locked = await lockFolder(dataDir);
    if (locked.kind === "taken") return refuse([locked.why]);
    try {
      const taken = await portTrouble(asked.options.port);
      return taken === null ? await serve(asked.options, locked.lock) : refuse([taken]);
    } finally {
      locked.lock.release();
    }
  } catch (error) {
    stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function refuse(why: readonly string[]): number {
  stderr.write(`${why.join("\n")}\n`);
  return 1;
}

async function serve(options: StartOptions, lock: FolderLock): Promise<number> {
  const { fresh, port, speed, verbose } = options;
  if (fresh) rmSync(dataDir, { recursive: true, force: true });
  const key = options.key ?? keptKey();
  const hostLog = openLogFile(logFile);
  const toConsole = consoleLog(verbose);
  const log = (line: string): void => {
    hostLog.write(line);
    toConsole.write(line);
  };
  stdout.write("starting storage, Defender and the Functions host ...\n");
  let stack: Stack | null = null;
  try {
    stack = await startStack({ root, dataDir, tenant, speed, seed: SEED, port, key, env, log });
    lock.note(stack.pids);
    const [machine] = tenant.machines;
    stdout.write(greeting({ stack, key, speed, machine, env, logFile: ".lrq/start/host.log" }));
    toConsole.open();
    const died = await Promise.race([stack.died, aborted(signal)]);
    if (died === undefined) {
      stdout.write("\nstopping; work in progress is finished or kept ...\n");
      return 0;
    }
    stderr.write(`\n${died}. Nothing that was accepted is lost: npm start continues with it.\n`);
    return 1;
  } finally {
    await stack?.stop();
    hostLog.close();
  }
}

/**
 * The host's log on the console. What comes before the greeting waits for it; if the host does not
 * come up, its last words are in the error.
 */
function consoleLog(verbose: boolean): { write: (line: string) => void; open: () => void } {
  const paint = paintFor(wantsColour(stderr.isTTY, env));
  const read = verbose ? (line: string) => line : createLogReader(paint);
  let buffered: string[] | null = [];
  const print = (line: string): void => {
    const shown = read(line);
    if (shown !== null) stderr.write(`${shown}\n`);
  };
  return {
    write: (line) => {
      if (buffered === null) print(line);
      else buffered.push(line);
    },
    open: () => {
      for (const line of buffered ?? []) print(line);
      buffered = null;
    },
  };
}

/** The random key of the local caller, kept next to the data. */
function keptKey(): string {
  const file = join(dataDir, "key");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const key = randomBytes(24).toString("base64url");
  ownFolder(dataDir);
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}
