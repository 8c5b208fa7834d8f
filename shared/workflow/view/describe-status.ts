import type { Caller } from "../../access/caller.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { laneRange, LATER, sequenceIdIn } from "../../ledger/row/keys.ts";
import { LANES, type Lane } from "../../plan/lane.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import { admit, type Verdict } from "../../limits/pace/admit.ts";
import { sessionCap, type Budget } from "../../limits/pace/budget.ts";
import { impersonatorsSince } from "../../limits/pace/impersonators.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { takenSlots } from "../../limits/pace/window.ts";
import type { Ports } from "../../ports.ts";
import { describeCallbacks, type CallbacksView } from "./describe-callbacks.ts";
import { summarizeLibrary, type LibrarySummary } from "./describe-library.ts";
import { describeResults, type ResultsView } from "./describe-results.ts";
import { describeSessions, type SessionView } from "./describe-sessions.ts";
import { counted, type Count } from "../../store/count-rows.ts";
import { describeLockout, type LockoutView } from "./describe-lockout.ts";
import { loadBudget, readableSequence } from "../../store/load.ts";
import { loadPauseNote } from "../../store/pause-note.ts";

/** The tenant's budget now, and what waits for it. Counts stop at 1,000; then `atLeast` is true. */
export interface StatusView {
  /** Fields that only the budget knows are null while it is set aside. */
  readonly calls: {
    readonly used: number | null;
    readonly limit: number;
    readonly windowSeconds: number;
  };
  readonly sessions: {
    readonly ours: number | null;
    readonly foreign: number | null;
    readonly cap: number | null;
    readonly setting: number;
    readonly open: readonly SessionView[];
  };
  readonly next: { readonly kind: string; readonly at: string | null };
  /** Null unless Defender refuses us. */
  readonly lockedOut: LockoutView | null;
  readonly paused: { readonly by: string; readonly why: string; readonly at: string } | null;
  readonly last429At: string | null;
  readonly othersUseTheQuota: boolean;
  /** Null if the library is not checked, or while the budget is set aside. */
  readonly library: LibrarySummary | null;
  /** Actions of others with a mark of ours, of the last hour. */
  readonly impersonations: readonly ImpersonatorView[];
  readonly waiting: readonly LaneView[];
  readonly parked: Count;
  readonly results: ResultsView;
  readonly callbacks: CallbacksView;
  /**
   * Rows that a version of the app could not read. Nobody writes them, and everything else goes on.
   */
  readonly setAside: { readonly count: number; readonly rows: readonly SetAsideView[] };
}

interface ImpersonatorView {
  readonly machineActionId: string;
  readonly sequenceId: string;
  readonly foundAt: string;
}

interface SetAsideView {
  readonly key: string;
  readonly why: string;
  /** When it was found first; null for the budget, which cannot hold a note about itself. */
  readonly since: string | null;
}

interface LaneView extends Count {
  readonly lane: Lane;
  readonly oldestAcceptedAt: string | null;
}

/**
 * The state of the queue, which all teams share. What names a run or a row, or has words about one,
 * is only for a caller whose rights reach it.
 */
export async function describeStatus(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  limits: Limits,
  caller: Caller,
  library: LibraryRules | null = null,
): Promise<StatusView> {
  const waiting = await Promise.all(LANES.map(async (lane) => await describeLane(ledger, lane)));
  const budget = await describeBudget({ ledger, clock }, { limits, library, caller }, waiting);
  const results = await describeResults(ledger);
  return {
    ...budget,
    setAside: caller.all ? budget.setAside : { ...budget.setAside, rows: [] },
    waiting,
    parked: await counted(ledger, LATER),
    results: caller.all ? results : { ...results, trouble: null },
    callbacks: await describeCallbacks(ledger, caller),
  };
}

interface Settings {
  readonly limits: Limits;
  readonly library: LibraryRules | null;
  readonly caller: Caller;
}

type BudgetView = Omit<StatusView, "waiting" | "parked" | "results" | "callbacks">;

async function describeBudget(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  settings: Settings,
  waiting: readonly LaneView[],
): Promise<BudgetView> {
  const budget = await orSetAside(loadBudget(ledger));
  return budget instanceof SetAside
    ? await unreadableBudget(ledger, settings.limits, budget)
    : readableBudget(budget.value, clock.earliest(), settings, waiting);
}

function readableBudget(
  budget: Budget,
  nowMs: number,
  { limits, library, caller }: Settings,
  waiting: readonly LaneView[],
): BudgetView {
  const verdict = admit(budget, nowMs, limits);
  const lockedOut = describeLockout(budget);
  const used = takenSlots(budget.slots, nowMs, limits).length;
  const setAside = budget.setAside.map(({ key, why, sinceMs }) => {
    return { key, why, since: isoOf(sinceMs) };
  });
  return {
    calls: { used, limit: limits.callsPerWindow, windowSeconds: limits.windowMs / 1_000 },
    sessions: {
      ours: budget.sessions.length,
      foreign: budget.foreign,
      cap: sessionCap(budget, nowMs, limits),
      setting: limits.maxSessions,
      open: describeSessions(budget, caller),
    },
    next:
      lockedOut === null || verdict.kind === "paused"
        ? {
            kind: kindOf(verdict, waiting),
            at: verdict.kind === "wait" ? isoOf(verdict.untilMs) : null,
          }
        : { kind: "lockedOut", at: lockedOut.nextTryAt },
    lockedOut,
    paused: describePause(budget.paused),
    last429At: budget.door.last429AtMs === 0 ? null : isoOf(budget.door.last429AtMs),
    othersUseTheQuota: budget.door.othersSuspected,
    library: summarizeLibrary(budget.library, library),
    impersonations: impersonatorsSince(budget.impersonators, nowMs).map((each) => ({
      machineActionId: each.actionId,
      sequenceId: each.sequenceId,
      foundAt: isoOf(each.atMs),
    })),
    setAside: { count: setAside.length, rows: setAside },
  };
}

/**
 * What is known without the budget: the settings, whether somebody has paused, and what is wrong.
 */
async function unreadableBudget(
  ledger: Ports["ledger"],
  limits: Limits,
  { key, why }: SetAside,
): Promise<BudgetView> {
  const { callsPerWindow, windowMs, maxSessions } = limits;
  return {
    calls: { used: null, limit: callsPerWindow, windowSeconds: windowMs / 1_000 },
    sessions: { ours: null, foreign: null, cap: null, setting: maxSessions, open: [] },
    next: { kind: "setAside", at: null },
    lockedOut: null,
    paused: describePause(await loadPauseNote(ledger)),
    last429At: null,
    othersUseTheQuota: false,
    library: null,
    impersonations: [],
    setAside: { count: 1, rows: [{ key, why, since: null }] },
  };
}

function describePause(paused: Budget["paused"]): StatusView["paused"] {
  if (paused === null) return null;
  return { by: paused.by, why: paused.why, at: isoOf(paused.atMs) };
}

/** Says `full` while only the sessions for urgent work are free and only other work waits. */
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
  const oldest =
    (await readableSequence(ledger, sequenceIdIn(first.key)))?.value.acceptedAtMs ?? null;
  return { lane, ...count, oldestAcceptedAt: oldest === null ? null : isoOf(oldest) };
}
