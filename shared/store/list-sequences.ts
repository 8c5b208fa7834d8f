import { sequencesIn } from "../ledger/intake.ts";
import { intakesOf, sequencesOf } from "../ledger/keys.ts";
import type { RunRecord } from "../ledger/run.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence.ts";
import type { LedgerReads } from "../ports.ts";
import { listAll } from "./list-all.ts";

/**
 * All sequences of a run, in the order of their ids, those without rows of their own included.
 * `run` was read before: it tells whether there are any such.
 */
export async function listSequences(
  ledger: LedgerReads,
  { runId, accepted }: Pick<RunRecord, "runId" | "accepted">,
): Promise<SequenceRecord[]> {
  const records = await listRecords(ledger, runId);
  if (records.length >= accepted) return records;
  const planned = (await listAll(ledger, intakesOf(runId))).flatMap(({ body }) =>
    sequencesIn(body),
  );
  // Once more, and after those: what got its own rows meanwhile is in one of the two lists.
  const all = new Map(
    [...planned, ...(await listRecords(ledger, runId))].map((each) => [each.sequenceId, each]),
  );
  return [...all.values()].toSorted((a, b) => (a.sequenceId < b.sequenceId ? -1 : 1));
}

async function listRecords(ledger: LedgerReads, runId: string): Promise<SequenceRecord[]> {
  const rows = await listAll(ledger, sequencesOf(runId));
  return rows.map(({ body }) => sequenceSchema.parse(body));
}
