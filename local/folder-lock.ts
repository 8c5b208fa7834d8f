import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** A data folder that nobody else uses meanwhile. */
export interface FolderLock {
  /** Notes the processes that work on the folder for us, and must be gone before anybody else may. */
  note(pids: readonly number[]): void;
  release(): void;
}

const holderSchema = z.object({ pid: z.number().int(), parts: z.array(z.number().int()) });

/** Parts of a killed stack end by themselves: the host within 15 s, Azurite within 5 s. */
const PARTS_END_MS = 20_000;
const LOOK_MS = 100;

/**
 * Takes the folder for this process, by a file beside it that ends in `.lock`: two Azurites on one
 * folder would write over each other. After a crash it waits until what was left has ended. Throws
 * with a sentence if somebody else has the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = `${folder}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  await removeStale(folder, file);
  const write = (parts: readonly number[], flag: "w" | "wx"): void => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, parts }), { flag });
  };
  try {
    write([], "wx");
  } catch (error) {
    throw new Error(taken(folder, "another process", file), { cause: error });
  }
  return {
    note: (pids) => write(pids, "w"),
    release: () => rmSync(file, { force: true }),
  };
}

async function removeStale(folder: string, file: string): Promise<void> {
  const holder = holderIn(file);
  if (holder === null) {
    rmSync(file, { force: true });
    return;
  }
  if (isAlive(holder.pid)) throw new Error(taken(folder, `process ${holder.pid}`, file));
  const untilMs = Date.now() + PARTS_END_MS;
  while (holder.parts.some(isAlive)) {
    if (Date.now() > untilMs) {
      const left = holder.parts.filter(isAlive).map((pid) => `process ${pid}`);
      throw new Error(taken(folder, left.join(", "), file));
    }
    await sleep(LOOK_MS);
  }
  rmSync(file, { force: true });
}

function holderIn(file: string): z.infer<typeof holderSchema> | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive as well; only "no such process" means that it is gone.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function taken(folder: string, by: string, file: string): string {
  return (
    `${folder} is in use by ${by}.\n` +
    `If that is another npm start or npm run demo, stop it with Ctrl-C in its terminal first.\n` +
    `If it is something else that happens to have the same number, delete ${file}.`
  );
}
