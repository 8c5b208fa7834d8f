import { intakesOf } from "../../ledger/row/keys.ts";
import { askToCancel, end, stop } from "../../ledger/sequence/moves.ts";
import { cancelledBy } from "../../ledger/sequence/outcome.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import {
  holdsMachine,
  holdsSession,
  isTerminal,
  type SequenceRecord,
} from "../../ledger/sequence/sequence.ts";
import { holdSession } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { sessionOf } from "../../limits/pace/session.ts";
import type { Ports } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { changeEach } from "../../store/change-each.ts";
import { moveSequence } from "../../store/change-sequence.ts";
import { listAll } from "../../store/list-all.ts";
import { loadReadableBudget } from "../../store/load.ts";
import type { ReachedRun } from "../../store/reach-run.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { ringForReady } from "../../store/ring.ts";
import type { Transaction } from "../../store/transact.ts";

export type CancelPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** How many sequences ended at once, and how many end when Defender has cancelled their action. */
export interface Cancelled {
  readonly ended: number;
  readonly asked: number;
  readonly alreadyOver: number;
  /** Rows that this version of the app cannot read; what is in them was not cancelled. */
  readonly setAside: number;
}

/**
 * Who cancels, and which sequences of the run; `isWhole` is true for all of it. With `sparesBegun`
 * what is under way on a machine goes on, and only does not begin again.
 */
export type Cancelling = Pick<ReachedRun, "by" | "isWhole"> & {
  readonly covers: (record: SequenceRecord) => boolean;
  readonly sparesBegun?: boolean;
};

/**
 * Ends a run's own work, as far as the caller's rights cover it: what waits ends now. What is at
 * Defender is cancelled there by the next poll, and may still win the race to success. Null if
 * there is no such run. Asking twice does no harm.
 */
export async function cancelRun(
  ports: CancelPorts,
  limits: Limits,
  runId: string,
  { by, covers, isWhole, sparesBegun = false }: Cancelling,
): Promise<Cancelled | null> {
  const onRun = (run: RunRecord, atMs: number) =>
    isWhole ? { ...run, cancelAsked: { by, atMs } } : run;
  if (!(await recordForRun(ports, runId, "cancelAsked", { by, onRun }))) return null;
  const tally = { ended: 0, asked: 0, alreadyOver: 0, setAside: 0 };
  const asked = changeEach(ports, runId, async (tx, stored) => {
    if (!covers(stored.value)) return "left";
    const nowMs = ports.clock.earliest();
    if (!sparesBegun || !holdsMachine(stored.value)) return await cancelOne(tx, stored, by, nowMs);
    await moveSequence(tx, { before: stored, after: stop(stored.value, by, nowMs), nowMs });
    return "left";
  });
  for await (const came of asked) if (came !== "left") tally[came ?? "setAside"] += 1;
  // What was not unfolded cannot be read.
  tally.setAside += (await listAll(ports.ledger, intakesOf(runId))).length;
  ports.log("warn", "runCancelled", { runId, by, ended: tally.ended, asked: tally.asked });
  await ringForReady(ports, limits, { why: "released" });
  return tally;
}

/** Ends one sequence, or asks for that if it is at Defender; which of these it came to. */
export async function cancelOne(
  tx: Transaction,
  stored: Stored<SequenceRecord>,
  by: string,
  nowMs: number,
): Promise<keyof Cancelled> {
  if (isTerminal(stored.value)) return "alreadyOver";
  const after = cancelled(stored.value, by, nowMs);
  const facts = grouped([factOfMove(stored.value, after, nowMs)]);
  await moveSequence(tx, { before: stored, after, nowMs }, { facts });
  if (!holdsSession(after)) return "ended";
  // One at Defender is noted in the budget too, where the next poll finds it.
  const budget = await loadReadableBudget(tx);
  // If the budget cannot be read here, a version that can read it compares it with the records
  // twice an hour.
  if (budget !== null) changeBudget(tx, budget, holdSession(budget.value, sessionOf(after)));
  return "asked";
}

function cancelled(record: SequenceRecord, by: string, nowMs: number): SequenceRecord {
  const asked = askToCancel(record, { by, why: "asked" }, nowMs);
  return record.state === "waiting" ? end(asked, "cancelled", cancelledBy(by), nowMs) : asked;
}
