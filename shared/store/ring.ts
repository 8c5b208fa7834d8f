import { laneIn } from "../ledger/row/keys.ts";
import { URGENT_LANE } from "../plan/lane.ts";
import { admit, nextDispatchMs, type Verdict } from "../limits/pace/admit.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { Limits } from "../limits/pace/limits.ts";
import type { Ports } from "../ports.ts";
import { changeBudget, changeBudgetAlone } from "./change-budget.ts";
import { readQueueHead } from "./read-queue-head.ts";
import { unlessSetAside } from "./set-aside.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

type RingPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** A bell due this little after the best time is good enough: queues count in whole seconds. */
const BELL_SLACK_MS = 1_000;
/**
 * The host checks an idle queue every two seconds, so the next driver is there in time, and waits.
 */
const HANDOVER_MS = 2_000;

/** Why the caller rings, and what it knows. */
export interface Ringing {
  readonly why: "due" | "released" | "repair";
  /** How long past its due time a bell still counts as on its way, milliseconds; 0 by default. */
  readonly lateMs?: number;
  /** The budget as last seen; it is enough to see that another driver has promised to come. */
  readonly known?: Budget;
  /** The driver that ends; the bell takes its promise back. */
  readonly leaving?: string;
}

/**
 * Rings one bell for the work that is ready, at the time the next of it may go, unless a bell is
 * already on its way or a drain is driving. While no session is free it does not ring: whoever
 * frees a session rings. Returns whether it rang.
 */
export async function ringForReady(
  ports: RingPorts,
  limits: Limits,
  ringing: Ringing,
): Promise<boolean> {
  const { known, lateMs = 0 } = ringing;
  if (known !== undefined && !mayRing(known, ports.clock.earliest(), limits, lateMs)) return false;
  // Without the budget the time is not known. A version that can read it rings.
  return await unlessSetAside(ports, false, () => ringNext(ports, limits, ringing));
}

async function ringNext(
  ports: RingPorts,
  limits: Limits,
  { why, lateMs = 0, leaving }: Ringing,
): Promise<boolean> {
  // The bell is recorded before it is sent, so only one of two callers sends it. If it is lost in
  // between, the poll rings again.
  const promised = await tryTransact(ports, usual("the budget"), async (tx) => {
    const { budget, ready } = await readQueueHead(tx, 1);
    const nowMs = ports.clock.earliest();
    const current = withoutDriver(budget.value, leaving ?? null);
    const verdict = admit(current, nowMs, limits);
    const dueAtMs = nextDispatchMs(verdict, current, nowMs);
    if (dueAtMs === null || isPromised(current, dueAtMs, nowMs, lateMs)) return null;
    const [head] = ready;
    if (head === undefined || waitsForSession(head, verdict)) return null;
    changeBudget(tx, budget, { ...current, bellDueAtMs: dueAtMs });
    return dueAtMs - nowMs;
  });
  if (promised.kind === "contended" || promised.value === null) return false;
  const earlyMs = leaving === undefined ? 0 : HANDOVER_MS;
  const delayMs = Math.max(0, promised.value - earlyMs);
  await ports.bells.ringDrain({ why, runId: null, sequenceIds: [], urgent: false }, delayMs);
  ports.log("info", "rang", { why, inMs: Math.round(delayMs) });
  return true;
}

/** Takes back a driver's promise, if it is still its own. */
export async function stopDriving(store: Store, hostId: string): Promise<void> {
  await changeBudgetAlone(store, (budget) => withoutDriver(budget, hostId));
}

function withoutDriver(budget: Budget, hostId: string | null): Budget {
  return budget.driver?.hostId === hostId ? { ...budget, driver: null } : budget;
}

function mayRing(budget: Budget, nowMs: number, limits: Limits, lateMs: number): boolean {
  const dueAtMs = nextDispatchMs(admit(budget, nowMs, limits), budget, nowMs);
  return dueAtMs !== null && !isPromised(budget, dueAtMs, nowMs, lateMs);
}

/** Only the reserved sessions are free, and they are not for this sequence. */
function waitsForSession(headKey: string, verdict: Verdict): boolean {
  return verdict.kind === "go" && verdict.lowerRoom === 0 && laneIn(headKey) !== URGENT_LANE;
}

/** Somebody will come by then: a bell is on its way, or a driver has promised. */
function isPromised(budget: Budget, dueAtMs: number, nowMs: number, lateMs: number): boolean {
  const { bellDueAtMs, driver } = budget;
  const bell = bellDueAtMs > nowMs - lateMs && bellDueAtMs <= dueAtMs + BELL_SLACK_MS;
  return bell || (driver !== null && driver.untilMs > nowMs);
}
