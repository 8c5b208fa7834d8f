import { existsSync } from "node:fs";
import { join } from "node:path";
import { safeFileName } from "../../file-name.ts";
import type { EvidenceApi } from "../api.ts";
import { type Hashed, hashFile } from "../hash-file.ts";
import { saveFile } from "../save-file.ts";
import type { Stored } from "./stored.ts";

/** What is fetched, and where to. */
export interface Fetching {
  readonly results: readonly Stored[];
  readonly folder: string;
  /** The hash that each result has to have, by its path. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly note: (line: string) => void;
}

/** A result on the disk; `file` is its path from the folder that was named. */
export interface SavedResult {
  readonly runId: string;
  readonly sequenceId: string;
  readonly index: number;
  readonly machineId: string;
  readonly servedName: string | null;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Fetches results, a folder for each machine. A file that is there with the right bytes is left as
 * it is, so a command that broke off can be given again. Throws at any other file in the way, and
 * at bytes that have another hash; of the result at which it throws nothing is left.
 */
export async function saveResults(
  { results, folder, hashes, note }: Fetching,
  api: Pick<EvidenceApi, "open">,
): Promise<readonly SavedResult[]> {
  const saved: SavedResult[] = [];
  const nameOf = namesFor(folder);
  for (const result of results) {
    const { runId, sequenceId, index, machineId, servedName, path } = result;
    const expected = hashes.get(path);
    if (expected === undefined) throw new Error(`the manifest does not have ${path}`);
    const file = nameOf(result);
    const hashed = (await sameFile(file, expected)) ?? (await fetched(api, result, file, expected));
    note(`${saved.length + 1} of ${results.length}  ${file}`);
    saved.push({ runId, sequenceId, index, machineId, servedName, file, ...hashed });
  }
  return saved;
}

async function fetched(
  api: Pick<EvidenceApi, "open">,
  result: Stored,
  file: string,
  expected: string,
): Promise<Hashed> {
  return await saveFile(
    file,
    () => api.open(result.runId, result),
    ({ sha256 }) => {
      if (sha256 === expected) return;
      throw new Error(`${result.path} came with hash ${sha256}; the manifest says ${expected}`);
    },
  );
}

/** The file, if it is there already and the same. */
async function sameFile(file: string, expected: string): Promise<Hashed | null> {
  if (!existsSync(file)) return null;
  const { size, sha256 } = await hashFile(file, null);
  return sha256 === expected ? { size, sha256 } : null;
}

/** A free path for each result: a folder for its machine, and in it the name that was served. */
function namesFor(folder: string): (result: Stored) => string {
  const folders = new Map<string, string>();
  const taken = new Set<string>();
  return ({ machineName, machineId, servedName, type, index, below }) => {
    const own =
      folders.get(machineId) ??
      free(safeFileName(machineName ?? machineId), taken, (name, at) => `${name}-${at}`);
    folders.set(machineId, own);
    const within = below === undefined ? own : `${own}/${safeFileName(below)}`;
    const safe = safeFileName(servedName ?? `${type}-${index}`);
    return join(folder, free(`${within}/${safe}`, taken, numbered));
  };
}

/** The name, or the first like it that nobody has. Some file systems do not mind upper case. */
function free(
  name: string,
  taken: Set<string>,
  numbering: (name: string, at: number) => string,
): string {
  for (let at = 1; ; at += 1) {
    const candidate = at === 1 ? name : numbering(name, at);
    if (taken.has(candidate.toLowerCase())) continue;
    taken.add(candidate.toLowerCase());
    return candidate;
  }
}

/** The number goes before the endings, so that programs still know what a file is. */
function numbered(path: string, at: number): string {
  const dot = path.indexOf(".", path.lastIndexOf("/") + 1);
  return dot < 0 ? `${path}-${at}` : `${path.slice(0, dot)}-${at}${path.slice(dot)}`;
}
