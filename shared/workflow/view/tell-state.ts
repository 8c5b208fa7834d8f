import { DEAD, laneIn, LATER, READY, sequenceIdIn } from "../../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { mainLockout } from "../../limits/pace/lockout.ts";
import { runOfSequence } from "../../plan/identity.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Ports, Row } from "../../ports.ts";
import { counted } from "../../store/count-rows.ts";
import { loadReadableBudget, loadRun, readableSequence } from "../../store/load.ts";

type StatePorts = Pick<Ports, "ledger" | "clock" | "log">;

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/** Runs of which something waits for a time; those that are due next come first. */
const RUNS_MAX = 50;

/**
 * Writes one line about the queue into the log, for the alarms: what a person reads in `GET status`
 * and in the runs. Counts stop at 1,000. It never throws because of a row that cannot be read.
 */
export async function tellState({ ledger, clock, log }: StatePorts): Promise<void> {
  const ready = await ledger.list(READY.from, READY.before, ROWS_MAX);
  const budget = (await loadReadableBudget(ledger))?.value ?? null;
  const acceptedAtMs = await oldestUrgentMs(ledger, ready);
  const approvalAtMs = await nextApprovalMs(ledger, clock.earliest());
  const { count: callbacksDead } = await counted(ledger, DEAD);
  const nowMs = clock.earliest();
  log("info", "queueState", {
    waiting: ready.length,
    urgentSeconds: acceptedAtMs === null ? null : secondsOf(nowMs - acceptedAtMs),
    door: budget === null ? null : doorOf(budget, nowMs),
    lockedOut: budget === null ? null : (mainLockout(budget)?.call ?? null),
    paused: budget === null ? null : budget.paused !== null,
    setAside: budget?.setAside.length ?? 1,
    approvalSeconds: approvalAtMs === null ? null : secondsOf(approvalAtMs - nowMs),
    callbacksDead,
  });
}

/** Open once a POST has got through; what closed it, until then. */
function doorOf({ door }: Budget, nowMs: number): "open" | Budget["door"]["closedBy"] {
  return door.untried || door.closedUntilMs > nowMs ? door.closedBy : "open";
}

/** When the first of the urgent lane was accepted; null if none is ready or it cannot be read. */
async function oldestUrgentMs(
  ledger: Ports["ledger"],
  ready: readonly Row[],
): Promise<number | null> {
  const [first] = ready;
  if (first === undefined || laneIn(first.key) !== URGENT_LANE) return null;
  const stored = await readableSequence(ledger, sequenceIdIn(first.key));
  return stored?.value.acceptedAtMs ?? null;
}

/** When the first approval that is still missing comes too late; null if none is missing. */
async function nextApprovalMs(ledger: Ports["ledger"], nowMs: number): Promise<number | null> {
  const parked = await ledger.list(LATER.from, LATER.before, ROWS_MAX);
  const runIds = [...new Set(parked.map(({ key }) => runOfSequence(sequenceIdIn(key))))];
  const deadlines = await Promise.all(
    runIds.slice(0, RUNS_MAX).map(async (runId) => {
      const run = await orSetAside(loadRun(ledger, runId));
      const approval = run instanceof SetAside ? null : (run?.value.approval ?? null);
      return approval?.granted === null ? approval.expiresAtMs : 0;
    }),
  );
  const left = deadlines.filter((deadline) => deadline > nowMs);
  return left.length === 0 ? null : Math.min(...left);
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.round(ms / 1_000));
}
