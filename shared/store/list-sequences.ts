import { sequencesIn } from "../ledger/sequence/intake.ts";
import { intakesOf, sequencesOf } from "../ledger/row/keys.ts";
import type { RunRecord } from "../ledger/run/run.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence/sequence.ts";
import { SetAside, sorted } from "../ledger/row/set-aside.ts";
import type { LedgerReads, Row } from "../ports.ts";
import { listAll } from "./list-all.ts";

/** The sequences of a run, and those of its rows that cannot be read. */
export interface ListedSequences {
  readonly records: SequenceRecord[];
  readonly setAside: readonly SetAside[];
}

/**
 * All sequences of a run, in the order of their ids, including those without their own rows. `run`
 * was read before: it says whether there are any of those.
 */
export async function listSequences(
  ledger: LedgerReads,
  { runId, accepted }: Pick<RunRecord, "runId" | "accepted">,
): Promise<ListedSequences> {
  const first = await listRecords(ledger, runId);
  if (first.records.length + first.setAside.length >= accepted) return first;
  const planned = recordsIn(await listAll(ledger, intakesOf(runId)));
  // Listed once more, after the intake rows: a sequence that got its own rows meanwhile is in one
  // of the two lists.
  const own = await listRecords(ledger, runId);
  const all = new Map([...planned.records, ...own.records].map((each) => [each.sequenceId, each]));
  return {
    records: [...all.values()].toSorted((a, b) => (a.sequenceId < b.sequenceId ? -1 : 1)),
    setAside: [...planned.setAside, ...own.setAside],
  };
}

async function listRecords(ledger: LedgerReads, runId: string): Promise<ListedSequences> {
  const { readable, aside } = sorted(sequenceSchema, await listAll(ledger, sequencesOf(runId)));
  return { records: readable.map(({ value }) => value), setAside: aside };
}

/** The sequences in intake rows. If a part of a row cannot be read, the whole row is set aside. */
function recordsIn(rows: readonly Row[]): ListedSequences {
  const records: SequenceRecord[] = [];
  const setAside: SetAside[] = [];
  for (const row of rows) {
    try {
      records.push(...sequencesIn(row));
    } catch (error) {
      if (!(error instanceof SetAside)) throw error;
      setAside.push(error);
    }
  }
  return { records, setAside };
}
