import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface HostProcessOptions {
  readonly root: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  /**
   * True names lines of the sources in stack traces, for people to read. It costs a quarter of the
   * CPU of a start, and false, the default, is how Azure runs it.
   */
  readonly sourceMaps?: boolean;
}

/** The Functions host as a process of its own, as it is in Azure. */
export interface HostProcess {
  readonly url: string;
  readonly pid: number;
  /** How it ended, whoever ended it: a signal's name, or `exit code N`. */
  readonly exited: Promise<string>;
  /** Lets it finish what is under way, then ends it. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): void;
  /** Holds it where it is, as a machine does that swaps or is moved; not on Windows. */
  freeze(): void;
  /** Lets it go on as if no time had passed. */
  thaw(): void;
}

const START_TIMEOUT_MS = 30_000;
/** In-flight work gets this long (the real host's workers get 10 s), then the process is ended. */
const STOP_TIMEOUT_MS = 15_000;
const KEPT_LINES = 20;

/**
 * Starts the built host and returns when it listens. Throws with its last words when it does not
 * come up.
 */
export async function startHostProcess(options: HostProcessOptions): Promise<HostProcess> {
  const program = join(options.root, "dist", "local", "host.mjs");
  const flags = options.sourceMaps === true ? ["--enable-source-maps"] : [];
  const child = spawn(process.execPath, [...flags, program, "--root", options.root], {
    cwd: options.root,
    env: { ...options.env, PORT: String(options.port) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Ctrl-C goes to the one who started us all; it stops the host before the storage.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const lastWords: string[] = [];
  const url = await listening(child, exited, (line) => {
    lastWords.push(line);
    if (lastWords.length > KEPT_LINES) lastWords.shift();
    options.log(line);
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\n${lastWords.join("\n")}`, { cause: error });
  });
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    stop: async () => await stopChild(child, exited),
    kill: () => void child.kill("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
  };
}

async function listening(
  child: ChildProcess,
  exited: Promise<string>,
  log: (line: string) => void,
): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the host has no output");
  createInterface({ input: stderr }).on("line", log);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = `the Functions host did not listen within ${START_TIMEOUT_MS / 1_000} s`;
    timer = setTimeout(() => reject(new Error(why)), START_TIMEOUT_MS);
  });
  const url = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const found = /^listening (http:\S+)$/.exec(line)?.[1];
      if (found === undefined) log(line);
      else resolve(found);
    });
  });
  const died = exited.then((how) => {
    throw new Error(`the Functions host ended before it listened (${how})`);
  });
  try {
    return await Promise.race([url, died, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
