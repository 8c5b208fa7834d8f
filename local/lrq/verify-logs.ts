import { type AuditRecord, auditRecordSchema, verifyAudit } from "../../shared/evidence/audit.ts";
import { endOf } from "../../shared/evidence/chain.ts";
import type { CustodyEntry } from "../../shared/evidence/custody.ts";
import { z } from "zod";
import {
  AUDIT,
  auditText,
  type FolderStatements,
  INDEX,
  indexSchema,
  indexText,
  type ManifestFile,
} from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { parsed } from "./parsed-json.ts";
import { readPlainText } from "./plain-files.ts";
import { checkStatements } from "./verify-seals.ts";
import { checkReadings, checkStory } from "./verify-story.ts";

export interface ReadManifest {
  readonly file: ManifestFile;
  /** Those that can be read, by their place in the file, which counts from 1. */
  readonly entries: ReadonlyMap<number, CustodyEntry>;
}

/** The rest of a folder, as it was read. */
interface Read {
  readonly manifest: ReadManifest | null;
  readonly statements: FolderStatements | null;
}

/** Log and index, and whether both agree with the manifest and the seals; gives the records. */
export function checkLogs(folder: string, read: Read, found: Found): readonly AuditRecord[] {
  const { manifest, statements } = read;
  const lines = readLines(folder, found);
  const index = readIndex(folder, found);
  if (lines === null || index === null) return [];
  const verdict = verifyAudit(lines, endOf(index.value.audit));
  if (verdict.kind === "broken") {
    found(AUDIT, `broken at record ${verdict.position}: ${verdict.why}`);
  }
  const records = lines.flatMap((line) => auditRecordSchema.safeParse(line).data ?? []);
  const runId = manifest?.file.runId;
  const [first] = records;
  if (first !== undefined && first.chain !== runId) {
    found(AUDIT, "is not the log of this run");
  }
  if (index.value.audit.count === 0 && lines.length > 0) found(INDEX, "has no audit record");
  if (manifest !== null && index.text !== expectedIndex(manifest, index.value, statements)) {
    found(INDEX, "does not follow from the manifest and the seals");
  }
  const entries = [...(manifest?.entries.values() ?? [])];
  checkReadings(entries, records, found);
  if (statements === null || runId === undefined) return records;
  checkStatements(statements, { runId, entries, records }, found);
  checkStory(statements.last, entries, records, found);
  return records;
}

/** The records of the log as JSON values, whatever they say. */
function readLines(folder: string, found: Found): readonly unknown[] | null {
  const log = readPlainText(folder, AUDIT, found);
  if (log === null) return null;
  const lines = log.split("\n");
  if (lines.pop() !== "") found(AUDIT, "does not end with a line end");
  const records = lines.map((line) => parsed(line, z.unknown()));
  const broken = records.findIndex((record) => record === null);
  if (broken >= 0) found(AUDIT, `record ${broken + 1} is not JSON`);
  else if (log !== auditText(records)) found(AUDIT, "is not written as lrq writes it");
  return records;
}

type Index = z.infer<typeof indexSchema>;

function readIndex(
  folder: string,
  found: Found,
): { readonly text: string; readonly value: Index } | null {
  const text = readPlainText(folder, INDEX, found);
  const value = text === null ? null : parsed(text, indexSchema);
  if (text !== null && value === null) found(INDEX, "is not an index of version 1 or 2");
  return text === null || value === null ? null : { text, value };
}

/** Null where the manifest has what is no entry, or names no file: then no index follows. */
function expectedIndex(
  { file, entries }: ReadManifest,
  { v, audit }: Index,
  statements: FolderStatements | null,
): string | null {
  if (entries.size !== file.entries.length || (v === 1) !== (statements === null)) return null;
  try {
    return indexText({ runId: file.runId, entries: [...entries.values()], audit, statements });
  } catch {
    return null;
  }
}
