import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ownFolder } from "./own-folder.ts";

/** A data folder that nobody else uses meanwhile. */
export interface FolderLock {
  /**
   * Notes the processes that work on the folder for us, and must be gone before anybody else may.
   */
  note(pids: readonly number[]): void;
  release(): void;
}

/** The folder, or a sentence for whoever wanted it. */
export type Locked =
  | { readonly kind: "locked"; readonly lock: FolderLock }
  | { readonly kind: "taken"; readonly why: string };

const holderSchema = z.object({ pid: z.number().int(), parts: z.array(z.number().int()) });

/** Parts of a killed stack end by themselves: the host within 15 s, Azurite within 5 s. */
const PARTS_END_MS = 20_000;
const POLL_MS = 100;

/**
 * Takes the folder for this process, by a file next to it that ends in `.lock`: two Azurites on one
 * folder would write over each other. After a crash it waits until what was left has ended.
 */
export async function lockFolder(folder: string): Promise<Locked> {
  const file = `${folder}.lock`;
  const around = dirname(file);
  // Any other folder, such as that for temporary files, is not ours to close.
  if (basename(around) === ".lrq") ownFolder(around);
  else mkdirSync(around, { recursive: true, mode: 0o700 });
  const holders = await livingHolders(file);
  if (holders.length > 0) return { kind: "taken", why: taken(folder, holders, file) };
  rmSync(file, { force: true });
  const write = (parts: readonly number[], flag: "w" | "wx"): void => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, parts }), { flag });
  };
  write([], "wx");
  const lock = {
    note: (pids: readonly number[]) => write(pids, "w"),
    release: () => rmSync(file, { force: true }),
  };
  return { kind: "locked", lock };
}

/**
 * The processes that have the folder; parts of a stack whose first process is gone get their time
 * to end.
 */
async function livingHolders(file: string): Promise<readonly number[]> {
  const holder = holderIn(file);
  if (holder === null) return [];
  if (isAlive(holder.pid)) return [holder.pid];
  const untilMs = Date.now() + PARTS_END_MS;
  while (holder.parts.some(isAlive) && Date.now() < untilMs) await sleep(POLL_MS);
  return holder.parts.filter(isAlive);
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

function taken(folder: string, pids: readonly number[], file: string): string {
  return (
    `${folder} is in use by process ${pids.join(", ")}.\n` +
    "If that is another npm start or npm run demo, stop it with Ctrl-C in its terminal first.\n" +
    `If it is something else that happens to have the same number, delete ${file}.`
  );
}
