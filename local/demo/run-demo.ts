import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { aborted } from "../interruption.ts";
import { lockFolder, type FolderLock } from "../folder-lock.ts";
import { openLogFile } from "../host-log.ts";
import { startStack, type Stack } from "../stack.ts";
import { castFor, type Cast } from "./cast.ts";
import { linuxTriage } from "./linux-triage.ts";
import type { DemoSurroundings } from "./surroundings.ts";
import { play } from "./play.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { SWEEP_FILE } from "./sweep-reporter.ts";
import { systemEnvironment } from "./system-environment.ts";

const SEED = 7;
/** A minute of the tenant takes 2 s: quick enough for one sitting, slow enough to watch. */
const SPEED = 30;

/**
 * Whether all came as it should, what did not having been said in words; or why it did not begin.
 */
export type DemoEnd =
  | { readonly kind: "played"; readonly isWell: boolean }
  | { readonly kind: "refused"; readonly why: string };

/**
 * The whole demo, from an empty folder to evidence and a sweep, and everything stopped again.
 * Throws when a part breaks, and on the signal.
 */
export async function runDemo(surroundings: DemoSurroundings): Promise<DemoEnd> {
  const dataDir = join(surroundings.root, ".lrq", "demo");
  const reporter = createReporter(surroundings);
  const cast = castFor(SEED, linuxTriage());
  const locked = await lockFolder(dataDir);
  if (locked.kind === "taken") return { kind: "refused", why: locked.why };
  const { lock } = locked;
  try {
    rmSync(dataDir, { recursive: true, force: true });
    const isWell = await onStack(surroundings, { dataDir, lock, cast, reporter });
    return { kind: "played", isWell };
  } finally {
    lock.release();
  }
}

interface Parts {
  readonly dataDir: string;
  readonly lock: FolderLock;
  readonly cast: Cast;
  readonly reporter: Reporter;
}

async function onStack(
  surroundings: DemoSurroundings,
  { dataDir, lock, cast, reporter }: Parts,
): Promise<boolean> {
  const { root, env, signal } = surroundings;
  const hostLog = openLogFile(join(dataDir, "host.log"));
  const key = randomBytes(24).toString("base64url");
  let stack: Stack | null = null;
  try {
    reporter.starting(cast);
    const startedAtMs = Date.now();
    stack = await startStack({
      root,
      dataDir,
      tenant: cast.tenant,
      speed: SPEED,
      seed: SEED,
      port: 0,
      key,
      env: systemEnvironment(env),
      log: hostLog.write,
    });
    lock.note(stack.pids);
    reporter.started(Date.now() - startedAtMs);
    signal.throwIfAborted();
    const sweep = readFileSync(join(root, SWEEP_FILE), "utf8");
    const about = { cast, sweep, key, speed: SPEED, seed: SEED, dataDir };
    const isWell = await play(stack, { ...about, signal, reporter });
    if (surroundings.leavesUp) {
      reporter.leftUp(stack.url, key);
      await Promise.race([aborted(signal), stack.died]);
    }
    return isWell;
  } finally {
    await stack?.stop();
    hostLog.close();
  }
}
