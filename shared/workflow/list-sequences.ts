import { sequencesOf } from "../ledger/keys.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence.ts";
import type { Ledger } from "../ports.ts";

const PAGE = 1_000;
/** More than any run may hold; a bound on the loop. */
const PAGES_MAX = 200;

/** All sequences of a run, in the order of their ids. */
export async function listSequences(ledger: Ledger, runId: string): Promise<SequenceRecord[]> {
  const { from, before } = sequencesOf(runId);
  const all: SequenceRecord[] = [];
  let start = from;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const rows = await ledger.list(start, before, PAGE);
    all.push(...rows.map((row) => sequenceSchema.parse(row.body)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return all;
    start = `${last.key}!`;
  }
  throw new Error(`run ${runId} has more than ${PAGE * PAGES_MAX} sequences`);
}
