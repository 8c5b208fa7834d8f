import { DEAD, laneIn, READY, RUNNING, sequenceIdIn } from "../../ledger/row/keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { summarySchema } from "../../ledger/run/summary.ts";
import { indexSchema } from "../../ledger/sequence/rows.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { mainLockout } from "../../limits/pace/lockout.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Ports, Row } from "../../ports.ts";
import { counted } from "../../store/count-rows.ts";
import { pagesOf } from "../../store/list-all.ts";
import { loadReadableBudget, readableSequence } from "../../store/load.ts";

type StatePorts = Pick<Ports, "ledger" | "clock" | "log">;

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/** Pages of running runs: ten requests in five minutes, for 10,000 runs. */
const PAGES_MAX = 10;

/**
 * Writes one line about the queue into the log, for the alarms: what a person reads in `GET status`
 * and in the runs. Counts stop at 1,000. `approvalsKnown` is false if more runs are running than it
 * reads. It never throws because of a row that cannot be read.
 */
export async function tellState({ ledger, clock, log }: StatePorts): Promise<void> {
  const ready = await ledger.list(READY.from, READY.before, ROWS_MAX);
  const budget = (await loadReadableBudget(ledger))?.value ?? null;
  const sinceMs = await urgentSinceMs(ledger, ready);
  const approvals = await missingApprovals(ledger, clock.earliest());
  const { count: callbacksDead } = await counted(ledger, DEAD);
  const nowMs = clock.earliest();
  log("info", "queueState", {
    waiting: ready.length,
    urgentSeconds: sinceMs === null ? null : secondsOf(nowMs - sinceMs),
    door: budget === null ? null : doorOf(budget, nowMs),
    lockedOut: budget === null ? null : (mainLockout(budget)?.call ?? null),
    paused: budget === null ? null : budget.paused !== null,
    setAside: budget?.setAside.length ?? 1,
    approvalSeconds: approvals.untilMs === null ? null : secondsOf(approvals.untilMs - nowMs),
    approvalsKnown: approvals.isWhole,
    callbacksDead,
  });
}

/** Open once a POST has got through; what closed it, until then. */
function doorOf({ door }: Budget, nowMs: number): "open" | Budget["door"]["closedBy"] {
  return door.untried || door.closedUntilMs > nowMs ? door.closedBy : "open";
}

/**
 * Since when the urgent sequence is ready that has waited longest; null if none is ready. An older
 * version of the app has written rows without that time: then it is when the first was accepted.
 */
async function urgentSinceMs(
  ledger: Ports["ledger"],
  ready: readonly Row[],
): Promise<number | null> {
  const urgent = ready.filter(({ key }) => laneIn(key) === URGENT_LANE);
  const [first] = urgent;
  if (first === undefined) return null;
  const since = sorted(indexSchema, urgent).readable.flatMap(({ value }) => value.readyAtMs ?? []);
  if (since.length > 0) return Math.min(...since);
  const stored = await readableSequence(ledger, sequenceIdIn(first.key));
  return stored?.value.acceptedAtMs ?? null;
}

/** Deadlines of approvals that are missing. */
interface Approvals {
  /** The first that is still to come; null if there is none among the runs that were read. */
  readonly untilMs: number | null;
  /** False if more runs are running than were read. */
  readonly isWhole: boolean;
}

/**
 * The first approval that will come too late. It is in the summaries of running runs, so nothing
 * else that waits is in front of it. The newest runs come first.
 */
async function missingApprovals(ledger: Ports["ledger"], nowMs: number): Promise<Approvals> {
  let untilMs: number | null = null;
  let pages = 0;
  for await (const rows of pagesOf(ledger, RUNNING)) {
    for (const { value } of sorted(summarySchema, rows).readable) {
      const deadline = value.approvalUntilMs ?? 0;
      if (deadline > nowMs) untilMs = Math.min(untilMs ?? deadline, deadline);
    }
    pages += 1;
    if (pages === PAGES_MAX) return { untilMs, isWhole: rows.length < ROWS_MAX };
  }
  return { untilMs, isWhole: true };
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.round(ms / 1_000));
}
