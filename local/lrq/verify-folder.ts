import { join } from "node:path";
import {
  custodyEntrySchema,
  type CustodyEntry,
  verifyChain,
} from "../../shared/evidence/custody.ts";
import { endOf } from "../../shared/evidence/chain.ts";
import {
  AUDIT,
  DECISIONS,
  type FolderStatements,
  INDEX,
  MANIFEST,
  manifestSchema,
  type ManifestFile,
  manifestText,
  pathOf,
  readSums,
  sealName,
  SUMS,
  sumsText,
  tellsDecisions,
  UNSEALED,
} from "./custody-folder.ts";
import type { Pins } from "../../shared/plan/library/pins.ts";
import type { Finding, Found } from "./finding.ts";
import { type FileDigest, hashFile } from "./hash-file.ts";
import { parsed } from "./parsed-json.ts";
import { plainFilesIn, readPlainText } from "./plain-files.ts";
import { checkLogs, type ReadManifest } from "./verify-logs.ts";
import { checkDecisions } from "./verify-decisions.ts";
import { checkEndings } from "./verify-ends.ts";
import { checkPins } from "./verify-library.ts";
import { readStatements } from "./verify-seals.ts";

export type { Finding } from "./finding.ts";

/** What an expected head turned out to be the head of. */
type HeadOf = "seal" | "earlier seal" | "custody";

export interface Verified {
  readonly runId: string | null;
  readonly results: number;
  readonly auditRecords: number;
  /** The hash at the end of the custody chain; the same everywhere or somebody lies. */
  readonly head: string | null;
  /** The hash of the last seal; null if the folder has none. */
  readonly seal: string | null;
  /** False if no seal covers all of the folder: the run goes on, or nobody has sealed it. */
  readonly isSealed: boolean;
  /** Null if none was expected, or it is the head of nothing here, which is a finding. */
  readonly expected: HeadOf | null;
  /** Sequences of which nothing proves that all decisions of the queue are here. */
  readonly undecided: number;
  readonly findings: readonly Finding[];
}

/**
 * Recomputes everything in an exported folder, with nothing but the folder: each hash, all chains,
 * each name, that nothing is missing or too much, and that manifest, log and seals tell one story.
 * `expectedHead` is the hash of a seal, or the custody head, as kept elsewhere; without it a folder
 * forged anew as a whole cannot be told from a true one. With `pins`, what ran is held against
 * them.
 */
export async function verifyFolder(
  folder: string,
  expectedHead: string | null = null,
  pins: Pins | null = null,
): Promise<Verified> {
  const findings: Finding[] = [];
  const found: Found = (where, what) => void findings.push({ where, what });
  const present = plainFilesIn(folder, found);
  const manifest = readManifestFile(folder, found);
  const entries = manifest?.entries ?? new Map<number, CustodyEntry>();
  const expected = new Map<string, CustodyEntry>();
  for (const entry of entries.values()) {
    const path = safePath(entry);
    if (path !== null) expected.set(path, entry);
  }
  const digests = await hashAll(folder, present, expected);
  checkSums(folder, digests, found);
  const statements = readStatements(folder, new Set(present), found);
  const known = knownNames(statements);
  checkResults(expected, digests, { known, found });
  const records = checkLogs(folder, { manifest, statements }, found);
  if (statements !== null) {
    const chains = checkDecisions(folder, statements, found);
    checkEndings(statements.last, { records, chains }, found);
  }
  if (pins !== null) checkPins({ entries, records }, pins, found);
  const head = manifest?.file.head ?? null;
  const headOf = expectedHead === null ? null : headIn(expectedHead, head, statements);
  if (expectedHead !== null && headOf === null) {
    const what =
      statements === null ? "the chain ends" : "no seal has this hash, and the chain ends";
    found(MANIFEST, `${what} at ${head ?? "nothing"}, not at the expected ${expectedHead}`);
  }
  return {
    runId: manifest?.file.runId ?? null,
    results: entries.size,
    auditRecords: records.length,
    head,
    seal: statements?.seals.at(-1)?.hash ?? null,
    isSealed: (statements?.last.seal ?? null) !== null,
    expected: headOf,
    undecided: undecidedIn(statements),
    findings,
  };
}

async function hashAll(
  folder: string,
  present: readonly string[],
  expected: ReadonlyMap<string, CustodyEntry>,
): Promise<Map<string, FileDigest>> {
  const digests = new Map<string, FileDigest>();
  for (const path of present) {
    if (path === SUMS) continue;
    const inner = expected.get(path)?.content ?? null;
    digests.set(path, await hashFile(join(folder, path), inner));
  }
  return digests;
}

/** What a hash that was kept elsewhere is the head of. */
function headIn(
  expected: string,
  custody: string | null,
  statements: FolderStatements | null,
): HeadOf | null {
  const place = statements?.seals.findLastIndex(({ hash }) => hash === expected) ?? -1;
  if (statements !== null && place >= 0) {
    const isLast = place === statements.seals.length - 1 && statements.last.seal !== null;
    return isLast ? "seal" : "earlier seal";
  }
  return custody === expected ? "custody" : null;
}

function undecidedIn(statements: FolderStatements | null): number {
  const sequences = statements?.last.sequences ?? [];
  return sequences.filter(({ decisions = null }) => decisions === null).length;
}

/** Files of an export that are no results. */
function knownNames(statements: FolderStatements | null): ReadonlySet<string> {
  const seals = statements?.seals.map((_, place) => sealName(place + 1)) ?? [];
  const names = [MANIFEST, AUDIT, INDEX, ...seals];
  if (statements === null) return new Set(names);
  return new Set([...names, UNSEALED, ...(tellsDecisions(statements.last) ? [DECISIONS] : [])]);
}

function readManifestFile(folder: string, found: Found): ReadManifest | null {
  const text = readPlainText(folder, MANIFEST, found);
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
  const text = readPlainText(folder, SUMS, found);
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
  { known, found }: { readonly known: ReadonlySet<string>; readonly found: Found },
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
  for (const path of digests.keys()) {
    if (!expected.has(path) && !known.has(path)) found(path, "is in no entry of the manifest");
  }
}
