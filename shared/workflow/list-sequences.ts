import { sequencesOf } from "../ledger/keys.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence.ts";
import type { Ledger } from "../ports.ts";
import { listAll } from "./list-all.ts";

/** All sequences of a run, in the order of their ids. */
export async function listSequences(ledger: Ledger, runId: string): Promise<SequenceRecord[]> {
  const rows = await listAll(ledger, sequencesOf(runId));
  return rows.map((row) => sequenceSchema.parse(row.body));
}
