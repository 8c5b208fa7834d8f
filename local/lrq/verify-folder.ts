import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { auditRecordSchema, verifyAudit } from "../../shared/evidence/audit.ts";
import {
  custodyEntrySchema,
  type CustodyEntry,
  verifyChain,
} from "../../shared/evidence/custody.ts";
import { endOf } from "../../shared/evidence/chain.ts";
import {
  AUDIT,
  auditText,
  INDEX,
  indexSchema,
  indexText,
  MANIFEST,
  manifestSchema,
  type ManifestFile,
  manifestText,
  pathOf,
  readSums,
  SUMS,
  sumsText,
} from "./custody-folder.ts";
import { type FileDigest, hashFile } from "./hash-file.ts";

/** What is wrong, and where: a file of the folder. */
export interface Finding {
  readonly where: string;
  readonly what: string;
}

export interface Verified {
  readonly runId: string | null;
  readonly results: number;
  readonly auditRecords: number;
  /** The hash at the end of the custody chain; the same everywhere or somebody lies. */
  readonly head: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Recomputes everything in an exported folder, with nothing but the folder: each hash, both chains,
 * each name, and that nothing is missing or too much. `expectedHead` is the custody head as kept
 * elsewhere; without it a folder forged anew as a whole cannot be told from a true one.
 */
export async function verifyFolder(
  folder: string,
  expectedHead: string | null = null,
): Promise<Verified> {
  const findings: Finding[] = [];
  const found = (where: string, what: string): void => void findings.push({ where, what });
  const present = filesIn(folder, found);
  const manifest = readManifestFile(folder, found);
  const entries = manifest?.entries ?? new Map<number, CustodyEntry>();
  const expected = new Map<string, CustodyEntry>();
  for (const entry of entries.values()) {
    const path = safePath(entry);
    if (path !== null) expected.set(path, entry);
  }
  const digests = new Map<string, FileDigest>();
  for (const path of present) {
    if (path === SUMS) continue;
    const inner = expected.get(path)?.content ?? null;
    digests.set(path, await hashFile(join(folder, path), inner));
  }
  checkSums(folder, digests, found);
  checkResults(expected, digests, found);
  const auditRecords = checkLogs(folder, manifest, found);
  const head = manifest?.file.head ?? null;
  if (expectedHead !== null && head !== expectedHead) {
    found(MANIFEST, `the chain ends at ${head ?? "nothing"}, not at the expected ${expectedHead}`);
  }
  const runId = manifest?.file.runId ?? null;
  return { runId, results: entries.size, auditRecords, head, findings };
}

type Found = (where: string, what: string) => void;

interface ReadManifest {
  readonly file: ManifestFile;
  /** Those that can be read, by their place in the file, which counts from 1. */
  readonly entries: ReadonlyMap<number, CustodyEntry>;
}

/**
 * All files below the folder, with forward slashes, `below` before each name; what is no plain file
 * is a finding.
 */
function filesIn(folder: string, found: Found, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((each) => {
    const name = `${below}${each.name}`;
    if (each.isDirectory()) return filesIn(folder, found, `${name}/`);
    if (each.isFile()) return [name];
    found(name, "is not a plain file");
    return [];
  });
}

function readText(folder: string, name: string, found: Found): string | null {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path, "utf8");
  found(name, "is missing");
  return null;
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    const read = schema.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

function readManifestFile(folder: string, found: Found): ReadManifest | null {
  const text = readText(folder, MANIFEST, found);
  if (text === null) return null;
  const file = parsed(text, manifestSchema);
  if (file === null) {
    found(MANIFEST, "is not a manifest of version 1");
    return null;
  }
  if (text !== manifestText(file)) found(MANIFEST, "is not written as lrq writes it");
  const seen = checkChain(file, found);
  const entries = new Map<number, CustodyEntry>();
  for (const [index, raw] of file.entries.entries()) {
    const entry = seen[index] ?? custodyEntrySchema.safeParse(raw).data;
    if (entry === undefined) continue;
    const place = index + 1;
    entries.set(place, entry);
    if (entry.runId !== file.runId) found(MANIFEST, `entry ${place} belongs to another run`);
    if (safePath(entry) !== entry.storedAs) {
      found(MANIFEST, `entry ${place} names a file that it may not name`);
    }
  }
  return { file, entries };
}

/** Gives the entries as far as the chain is whole. */
function checkChain({ entries, head }: ManifestFile, found: Found): readonly CustodyEntry[] {
  const seen: CustodyEntry[] = [];
  const end = endOf({ count: entries.length, head });
  const verdict = verifyChain(entries, end, (entry) => seen.push(entry));
  if (verdict.kind === "broken") {
    found(MANIFEST, `broken at entry ${verdict.position}: ${verdict.why}`);
  } else if (entries.length === 0 && !/^0{64}$/.test(head)) {
    found(MANIFEST, "has a head, but no entry");
  }
  return seen;
}

/** Null for ids that are none: then no path is made of them. */
function safePath(entry: CustodyEntry): string | null {
  try {
    return pathOf(entry);
  } catch {
    return null;
  }
}

function checkSums(folder: string, digests: ReadonlyMap<string, FileDigest>, found: Found): void {
  const text = readText(folder, SUMS, found);
  if (text === null) return;
  const read = readSums(text);
  if ("badLine" in read) return found(SUMS, `line ${read.badLine} is not a line of sha256sum`);
  if (text !== sumsText(read.sums)) found(SUMS, "is not in the order of the names");
  for (const [path, sha256] of read.sums) {
    const digest = digests.get(path);
    if (digest === undefined) found(path, `is in ${SUMS}, but not in the folder`);
    else if (digest.sha256 !== sha256) found(path, `does not have the hash of ${SUMS}`);
  }
  for (const path of digests.keys()) {
    if (!read.sums.has(path)) found(path, `is in the folder, but not in ${SUMS}`);
  }
}

function checkResults(
  expected: ReadonlyMap<string, CustodyEntry>,
  digests: ReadonlyMap<string, FileDigest>,
  found: Found,
): void {
  for (const [path, entry] of expected) {
    const digest = digests.get(path);
    if (digest === undefined) {
      found(path, `is entry ${entry.number} of the manifest, but not in the folder`);
      continue;
    }
    const entryName = `entry ${entry.number} of the manifest`;
    if (digest.size !== entry.size)
      found(path, `has ${digest.size} bytes; ${entryName} says ${entry.size}`);
    if (digest.sha256 !== entry.sha256) found(path, `does not have the hash of ${entryName}`);
    const { content } = entry;
    const inner = digest.inner;
    if (content !== null && (inner?.sha256 !== content.sha256 || inner.size !== content.size)) {
      found(path, `contains something else in its gzip layer than ${entryName} says`);
    }
  }
  const others = new Set([MANIFEST, AUDIT, INDEX]);
  for (const path of digests.keys()) {
    if (!expected.has(path) && !others.has(path)) found(path, "is in no entry of the manifest");
  }
}

/** The log and the index; gives the number of records. */
function checkLogs(folder: string, manifest: ReadManifest | null, found: Found): number {
  const log = readText(folder, AUDIT, found);
  const text = readText(folder, INDEX, found);
  if (log === null || text === null) return 0;
  const index = parsed(text, indexSchema);
  if (index === null) {
    found(INDEX, "is not an index of version 1");
    return 0;
  }
  const lines = log.split("\n");
  if (lines.pop() !== "") found(AUDIT, "does not end with a line end");
  const records = lines.map((line) => parsed(line, z.unknown()));
  const broken = records.findIndex((record) => record === null);
  if (broken >= 0) found(AUDIT, `record ${broken + 1} is not JSON`);
  else if (log !== auditText(records)) found(AUDIT, "is not written as lrq writes it");
  const verdict = verifyAudit(records, endOf(index.audit));
  if (verdict.kind === "broken") {
    found(AUDIT, `broken at record ${verdict.position}: ${verdict.why}`);
  }
  const first = auditRecordSchema.safeParse(records[0]);
  if (first.success && first.data.chain !== manifest?.file.runId) {
    found(AUDIT, "is not the log of this run");
  }
  if (index.audit.count === 0 && records.length > 0) found(INDEX, "has no audit record");
  if (manifest !== null && text !== expectedIndex(manifest, index)) {
    found(INDEX, "does not follow from the manifest");
  }
  return records.length;
}

/** Null where the manifest has what is no entry, or names no file: then no index follows. */
function expectedIndex(
  { file, entries }: ReadManifest,
  index: z.infer<typeof indexSchema>,
): string | null {
  if (entries.size !== file.entries.length) return null;
  try {
    return indexText(file.runId, [...entries.values()], index.audit);
  } catch {
    return null;
  }
}
