import { isoOf } from "../../ledger/instant.ts";
import {
  laneRange,
  LANES,
  LATER,
  sequenceIdIn,
  sequenceKey,
  type Lane,
} from "../../ledger/keys.ts";
import { sequenceSchema } from "../../ledger/sequence.ts";
import { admit, type Verdict } from "../../limits/admit.ts";
import { sessionCap } from "../../limits/budget.ts";
import type { Limits } from "../../limits/limits.ts";
import { takenSlots } from "../../limits/window.ts";
import type { Ports } from "../../ports.ts";
import { describeCallbacks, type CallbacksView } from "./describe-callbacks.ts";
import { describeResults, type ResultsView } from "./describe-results.ts";
import { counted, type Count } from "../../store/count-rows.ts";
import { describeLockout, type LockoutView } from "./describe-lockout.ts";
import { loadBudget } from "../../store/load.ts";

/**
 * The tenant's budget now, and what waits for it. Counts stop at 1,000, and say so with `atLeast`.
 */
export interface StatusView {
  readonly calls: { readonly used: number; readonly limit: number; readonly windowSeconds: number };
  readonly sessions: {
    readonly ours: number;
    readonly foreign: number;
    readonly cap: number;
    readonly setting: number;
  };
  readonly next: { readonly kind: string; readonly at: string | null };
  /** Null unless Defender does not let us in. */
  readonly lockedOut: LockoutView | null;
  readonly paused: { readonly by: string; readonly why: string; readonly at: string } | null;
  readonly last429At: string | null;
  readonly othersUseTheQuota: boolean;
  readonly waiting: readonly LaneView[];
  readonly parked: Count;
  readonly results: ResultsView;
  readonly callbacks: CallbacksView;
}

interface LaneView extends Count {
  readonly lane: Lane;
  readonly oldestAcceptedAt: string | null;
}

/** The state of the queue, for the people who run it. */
export async function describeStatus(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  limits: Limits,
): Promise<StatusView> {
  const { value: budget } = await loadBudget(ledger);
  const nowMs = clock.earliest();
  const verdict = admit(budget, nowMs, limits);
  const lockedOut = describeLockout(budget);
  const used = takenSlots(budget.slots, nowMs, limits).length;
  const waiting = await Promise.all(LANES.map(async (lane) => await describeLane(ledger, lane)));
  return {
    calls: { used, limit: limits.callsPerWindow, windowSeconds: limits.windowMs / 1_000 },
    sessions: {
      ours: budget.sessions.length,
      foreign: budget.foreign,
      cap: sessionCap(budget, nowMs, limits),
      setting: limits.maxSessions,
    },
    next:
      lockedOut === null || verdict.kind === "paused"
        ? {
            kind: kindOf(verdict, waiting),
            at: verdict.kind === "wait" ? isoOf(verdict.untilMs) : null,
          }
        : { kind: "lockedOut", at: lockedOut.nextTryAt },
    lockedOut,
    paused:
      budget.paused === null
        ? null
        : { by: budget.paused.by, why: budget.paused.why, at: isoOf(budget.paused.atMs) },
    last429At: budget.door.last429AtMs === 0 ? null : isoOf(budget.door.last429AtMs),
    othersUseTheQuota: budget.door.othersSuspected,
    waiting,
    parked: await counted(ledger, LATER),
    results: await describeResults(ledger),
    callbacks: await describeCallbacks(ledger),
  };
}

/** What is kept for urgent work is nobody's while only other work waits. */
function kindOf(verdict: Verdict, waiting: readonly LaneView[]): Verdict["kind"] {
  const isKept = verdict.kind === "go" && verdict.lowerRoom === 0;
  const [urgent, ...lower] = waiting.map(({ count }) => count > 0);
  return isKept && urgent === false && lower.includes(true) ? "full" : verdict.kind;
}

async function describeLane(ledger: Ports["ledger"], lane: Lane): Promise<LaneView> {
  const range = laneRange(lane);
  const count = await counted(ledger, range);
  const [first] = await ledger.list(range.from, range.before, 1);
  if (first === undefined) return { lane, ...count, oldestAcceptedAt: null };
  const row = await ledger.read(sequenceKey(sequenceIdIn(first.key)));
  const oldest = row === null ? null : sequenceSchema.parse(row.body).acceptedAtMs;
  return { lane, ...count, oldestAcceptedAt: oldest === null ? null : isoOf(oldest) };
}
