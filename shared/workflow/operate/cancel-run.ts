import { intakesOf, sequenceIdIn, sequencesOf } from "../../ledger/keys.ts";
import { askToCancel, end } from "../../ledger/moves.ts";
import { cancelledBy } from "../../ledger/outcome.ts";
import type { RowChange, Stored } from "../../ledger/rows.ts";
import type { RunRecord } from "../../ledger/run.ts";
import { holdsSession, isTerminal, type SequenceRecord } from "../../ledger/sequence.ts";
import { holdSession } from "../../limits/budget.ts";
import type { Limits } from "../../limits/limits.ts";
import { sessionOf } from "../../limits/session.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { factOfMove } from "../../store/audit.ts";
import { changesFor } from "../../store/change-sequence.ts";
import { Contended } from "../../store/contended.ts";
import { commitHolding } from "../../store/held-budget.ts";
import { listAll } from "../../store/list-all.ts";
import { loadReadableBudget, loadSequence } from "../../store/load.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { ringForReady } from "../../store/ring.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { unfold } from "../../store/unfold.ts";

export type CancelPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** How many sequences ended at once, and how many end when Defender has cancelled their action. */
export interface Cancelled {
  readonly ended: number;
  readonly asked: number;
  readonly alreadyOver: number;
  /** Rows that this version of the app cannot read: what they hold was not cancelled. */
  readonly setAside: number;
}

const TRIES = 8;
const JITTER_MS = 100;

/**
 * Ends a run's own work: what waits ends now, what is at Defender is cancelled there by the next
 * poll, and may still win the race to success. Null if there is no such run. Asking twice does no
 * harm.
 */
export async function cancelRun(
  ports: CancelPorts,
  limits: Limits,
  runId: string,
  by: string,
): Promise<Cancelled | null> {
  const onRun = (run: RunRecord, atMs: number) => ({ ...run, cancelAsked: { by, atMs } });
  if (!isRunId(runId)) return null;
  if (!(await recordForRun(ports, runId, "cancelAsked", { by, onRun }))) return null;
  const tally = { ended: 0, asked: 0, alreadyOver: 0, setAside: 0 };
  // What has no rows of its own yet could not be ended.
  await unfold(ports, runId);
  tally.setAside += (await listAll(ports.ledger, intakesOf(runId))).length;
  for (const { key } of await listAll(ports.ledger, sequencesOf(runId))) {
    const cancel = () => cancelSequence(ports, sequenceIdIn(key), by);
    tally[await unlessSetAside(ports, "setAside" as const, cancel)] += 1;
  }
  ports.log("warn", "runCancelled", { runId, by, ended: tally.ended, asked: tally.asked });
  await ringForReady(ports, limits, { why: "released" });
  return tally;
}

async function cancelSequence(
  ports: CancelPorts,
  sequenceId: string,
  by: string,
): Promise<keyof Cancelled> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const stored = await loadSequence(ports.ledger, sequenceId);
    if (stored === null || isTerminal(stored.value)) return "alreadyOver";
    const nowMs = ports.clock.earliest();
    const after = cancelled(stored, by, nowMs);
    const fact = factOfMove(stored.value, after, nowMs);
    const facts = fact === null ? [] : [fact];
    const changes = await changesFor(ports, { before: stored, after, nowMs }, { facts });
    const outcome = holdsSession(after)
      ? await noteInBudget(ports, after, changes)
      : (await ports.ledger.commit(changes)).kind;
    if (outcome === "committed") return after.state === "cancelled" ? "ended" : "asked";
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  throw new Contended(`${sequenceId} could not be cancelled: others kept writing it`);
}

/** One at Defender is noted in the budget too, where the next look finds it. */
async function noteInBudget(
  ports: CancelPorts,
  after: SequenceRecord,
  changes: readonly RowChange[],
): Promise<string> {
  const stored = await loadReadableBudget(ports.ledger);
  // Who can read the budget compares it with the records twice an hour.
  if (stored === null) return (await ports.ledger.commit(changes)).kind;
  const held = { stored };
  return await commitHolding(ports, held, (budget) => holdSession(budget, sessionOf(after)), {
    changes: async () => changes,
  });
}

function cancelled({ value }: Stored<SequenceRecord>, by: string, nowMs: number): SequenceRecord {
  const asked = askToCancel(value, { by, why: "asked" }, nowMs);
  if (value.state !== "waiting") return asked;
  return end(asked, "cancelled", cancelledBy(by), nowMs);
}
