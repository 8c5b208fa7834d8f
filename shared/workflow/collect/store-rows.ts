import { readRows } from "../../evidence/rows/read-rows.ts";
import { blockPieces } from "../../evidence/rows/row-block.ts";
import { rowsPath } from "../../evidence/rows/rows-path.ts";
import type { SequenceRecord, SequenceResult } from "../../ledger/sequence/sequence.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { rowsCommandOf, type RowsCommand } from "../../plan/profile/profile-schema.ts";
import type { Ports } from "../../ports.ts";

type RowsPorts = Pick<Ports, "evidence" | "rows" | "clock" | "random" | "log">;

/**
 * Reads the rows in a result that was just stored, and appends them to the rows of its batch. Null
 * if the result has none: it is of an incident, or of another command. What is wrong with the rows
 * is counted; it never stops the evidence. Throws if a store is out of reach; then the result stays
 * owed, and the next try appends the same rows again. Readers take them once.
 */
export async function storeRows(
  ports: RowsPorts,
  catalogue: Catalogue,
  record: SequenceRecord,
  { part, index, type, path }: SequenceResult,
): Promise<SequenceResult["rows"]> {
  const { sweep, sequenceId, machineId, machineName, profile } = record;
  const asked = sweep === null ? null : rowsCommandIn(catalogue, profile);
  if (sweep === null || asked === null || asked.command !== flatIndex(record, part, index)) {
    return null;
  }
  const stored = path === null ? null : await ports.evidence.open(path);
  if (stored === null || type === "PutFile") throw new Error(`${sequenceId} has nothing to read`);
  const parsed = await readRows(type, stored.content, asked.form);
  const { name, hash } = profile;
  const collectedAtMs = Math.floor(ports.clock.earliest());
  const of = { machineId, machineName, sequenceId, profile: name, hash, collectedAtMs };
  const to = rowsPath(sweep);
  for (const piece of blockPieces(of, parsed, ports.random.id()))
    await ports.rows.append(to, piece);
  const { rows, wrongCount, cut, trouble } = parsed;
  const counts = { count: rows.length, wrong: wrongCount, cut, trouble };
  ports.log("info", "rowsStored", { sequenceId, path: to, ...counts });
  return counts;
}

/** Null if the profile has no rows, or has changed since. */
function rowsCommandIn(
  catalogue: Catalogue,
  { name, hash }: SequenceRecord["profile"],
): RowsCommand | null {
  const entry = catalogue.get(name);
  return entry === undefined || entry.hash !== hash ? null : rowsCommandOf(entry.profile);
}

/** A command's place among all commands of its profile, from 0. */
function flatIndex({ parts }: SequenceRecord, part: number, index: number): number {
  return parts.slice(0, part).reduce((sum, commands) => sum + commands.length, index);
}
