import { sequenceIdIn, sequencesOf } from "../../ledger/keys.ts";
import { isFinished, type SequenceRecord, type SequenceResult } from "../../ledger/sequence.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { changesFor } from "../../store/change-sequence.ts";
import { listAll } from "../../store/list-all.ts";
import { loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { recordForRun } from "../../store/record-for-run.ts";

type AgainPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** Results that had been given up and are owed again, and those that were owed anyway. */
export interface AskedAgain {
  readonly reopened: number;
  readonly owed: number;
}

const TRIES = 8;
const JITTER_MS = 200;

/**
 * Asks Defender again, now, for every result of a run that is owed or was given up. Nothing is run.
 * What has finished stays finished, and nobody is told of it twice. Null if there is no such run.
 * Asking twice does no harm.
 */
export async function collectAgain(
  ports: AgainPorts,
  runId: string,
  by: string,
): Promise<AskedAgain | null> {
  if (!isRunId(runId) || !(await recordForRun(ports, runId, "collectAsked", { by }))) return null;
  const tally = { reopened: 0, owed: 0 };
  for (const { key } of await listAll(ports.ledger, sequencesOf(runId))) {
    const asks = () => askFor(ports, sequenceIdIn(key));
    const asked = await unlessSetAside(ports, { reopened: 0, owed: 0 }, asks);
    tally.reopened += asked.reopened;
    tally.owed += asked.owed;
  }
  ports.log("warn", "collectAsked", { runId, by, ...tally });
  return tally;
}

async function askFor(ports: AgainPorts, sequenceId: string): Promise<AskedAgain> {
  const { ledger, bells, clock, random } = ports;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const stored = await loadSequence(ledger, sequenceId);
    const missing = stored?.value.results.filter(({ state }) => state !== "stored") ?? [];
    if (stored === null || missing.length === 0) return { reopened: 0, owed: 0 };
    const nowMs = Math.floor(clock.earliest());
    const after = askedAgain(stored.value, nowMs);
    const outcome = await ledger.commit(await changesFor(ports, { before: stored, after, nowMs }));
    if (outcome.kind === "committed") {
      await bells.ringCollect(sequenceId, 0);
      const owed = missing.filter(({ state }) => state === "owed").length;
      return { reopened: missing.length - owed, owed };
    }
    await clock.sleep(random.fraction() * JITTER_MS);
  }
  throw new Error(`results of ${sequenceId} could not be asked for: others kept writing it`);
}

/** All that is missing is due now, and its waits and Defender's patience begin anew. */
function askedAgain(record: SequenceRecord, nowMs: number): SequenceRecord {
  const isOver = isFinished(record);
  const due = (each: SequenceResult): SequenceResult => ({
    ...each,
    state: "owed",
    // A file that an earlier try has stored is still looked for.
    tries: Math.min(each.tries, 1),
    dueAtMs: nowMs,
    absentSinceMs: null,
    again: each.again || isOver,
  });
  const results = record.results.map((each) => (each.state === "stored" ? each : due(each)));
  return { ...record, results };
}
