import type { Stored } from "../../ledger/sequence/rows.ts";
import {
  isFinished,
  type SequenceRecord,
  type SequenceResult,
} from "../../ledger/sequence/sequence.ts";
import type { Ports } from "../../ports.ts";
import { changeEach } from "../../store/change-each.ts";
import { moveSequence } from "../../store/change-sequence.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import type { Transaction } from "../../store/transact.ts";

type AgainPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** Results that had been given up and are owed again, and results that were owed anyway. */
export interface AskedAgain {
  readonly reopened: number;
  readonly owed: number;
}

/**
 * Asks Defender again, now, for every result of a run that is owed or was given up. Nothing runs
 * again. Finished sequences stay finished, and no callback is sent twice. Null if there is no such
 * run. Asking twice does no harm.
 */
export async function collectAgain(
  ports: AgainPorts,
  runId: string,
  by: string,
): Promise<AskedAgain | null> {
  if (!(await recordForRun(ports, runId, "collectAsked", { by }))) return null;
  const tally = { reopened: 0, owed: 0 };
  const asked = changeEach(
    ports,
    runId,
    async (tx, stored) => await askFor(tx, stored, Math.floor(ports.clock.earliest())),
  );
  for await (const came of asked) {
    if (came === null) continue;
    const { sequenceId, reopened, owed } = came;
    if (reopened + owed > 0) await ports.bells.ringCollect(sequenceId, 0);
    tally.reopened += reopened;
    tally.owed += owed;
  }
  ports.log("warn", "collectAsked", { runId, by, ...tally });
  return tally;
}

async function askFor(
  tx: Transaction,
  before: Stored<SequenceRecord>,
  nowMs: number,
): Promise<AskedAgain & { readonly sequenceId: string }> {
  const { sequenceId, results } = before.value;
  const count = (of: SequenceResult["state"]) => results.filter(({ state }) => state === of).length;
  const asked = { sequenceId, reopened: count("unavailable"), owed: count("owed") };
  if (asked.reopened + asked.owed === 0) return asked;
  await moveSequence(tx, { before, after: askedAgain(before.value, nowMs), nowMs });
  return asked;
}

/** All missing results are due now, and their waits and Defender's time begin again. */
function askedAgain(record: SequenceRecord, nowMs: number): SequenceRecord {
  const isOver = isFinished(record);
  const due = (each: SequenceResult): SequenceResult => ({
    ...each,
    state: "owed",
    // An earlier try may have stored the file; the next try still looks for it.
    tries: Math.min(each.tries, 1),
    dueAtMs: nowMs,
    absentSinceMs: null,
    again: each.again || isOver,
  });
  const results = record.results.map((each) => (each.state === "stored" ? each : due(each)));
  return { ...record, results };
}
