import { readRows } from "../../evidence/rows/read-rows.ts";
import { blockPieces } from "../../evidence/rows/row-block.ts";
import { rowsPath } from "../../evidence/rows/rows-path.ts";
import type { SequenceRecord, SequenceResult } from "../../ledger/sequence/sequence.ts";
import type { Batch } from "../../ledger/sweep/batch.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { rowsCommandOf, type RowsCommand } from "../../plan/profile/profile-schema.ts";
import type { Ports } from "../../ports.ts";

type RowsPorts = Pick<Ports, "ledger" | "evidence" | "rows" | "clock" | "random" | "log">;

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
  if (sweep === null) return null;
  const asked = await rowsCommandFor(ports.ledger, catalogue, profile, sweep);
  if (asked === null || asked.command !== flatIndex(record, part, index)) return null;
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

/**
 * Null if the profile has no rows. If it has changed since, the round knows how it was. A read more
 * for each machine, but only until the round is over.
 */
async function rowsCommandFor(
  ledger: Ports["ledger"],
  catalogue: Catalogue,
  profile: SequenceRecord["profile"],
  sweep: Batch,
): Promise<RowsCommand | null> {
  const entry = catalogue.get(profile.name);
  if (entry?.hash === profile.hash) return rowsCommandOf(entry.profile);
  const round = await loadRound(ledger, sweep.name, sweep.round);
  return round?.value.rows.find(({ hash }) => hash === profile.hash) ?? null;
}

/** A command's place among all commands of its profile, from 0. */
function flatIndex({ parts }: SequenceRecord, part: number, index: number): number {
  return parts.slice(0, part).reduce((sum, commands) => sum + commands.length, index);
}
