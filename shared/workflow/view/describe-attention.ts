import { mayDo } from "../../access/authorize.ts";
import { teamOf, type Caller } from "../../access/caller.ts";
import type { KeyRange } from "../../ledger/row/key-range.ts";
import { DEAD, RUNNING, summariesOf, SUMMARY } from "../../ledger/row/keys.ts";
import { deadNoticeSchema, type DeadNotice } from "../../ledger/outbox/notice.ts";
import { orSetAside, SetAside, sorted } from "../../ledger/row/set-aside.ts";
import { summarySchema, type RunSummary } from "../../ledger/run/summary.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { SWEEP } from "../../ledger/row/sweep-keys.ts";
import { loadBudget } from "../../store/load.ts";
import { sweepsReached } from "../../store/reach-sweep.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";
import { attention, type Attention } from "./attention.ts";
import { attentionOfPoison, attentionOfQueue, attentionOfRows } from "./attention-of-queue.ts";
import {
  deadCallbacks,
  failuresByCause,
  missingApprovals,
  pausedRuns,
  type SeenRun,
} from "./attention-of-runs.ts";
import { shortRounds, stalledRounds } from "./attention-of-sweeps.ts";
import { describeSummary, lastFailures } from "./describe-summary.ts";

/** What wants a person, the most urgent first. */
export interface AttentionView {
  readonly items: readonly Attention[];
}

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/** Without `since`. Our own choice: a day and a night. */
const SINCE_MS = 86_400_000;

/**
 * What wants a person, in at most five requests to the ledger: of the queue, which all teams share,
 * and of the runs and sweeps that the caller's rights reach. It looks at a thousand runs that are running, at
 * the newest thousand, and at a thousand dead callbacks. Failures are of runs that are running, or
 * finished at `askedSinceMs` or later; without it in the last day. No time of the answer itself is
 * in it, so an unchanged answer is the same.
 */
export async function describeAttention(
  { ledger, clock, poison }: Pick<Ports, "ledger" | "clock" | "poison">,
  library: LibraryRules | null,
  caller: Caller,
  askedSinceMs: number | null,
): Promise<AttentionView> {
  const seesSweeps = mayDo(caller, "sweep.read");
  const ranges = caller.all ? [SUMMARY] : summariesFor(caller, seesSweeps);
  const [budget, given, dead, sweeps, ...summaries] = await Promise.all([
    orSetAside(loadBudget(ledger)),
    poison.count(),
    deadIn(ledger),
    seesSweeps ? sweepsIn(ledger, caller) : [],
    ...[RUNNING, ...ranges].map(async (range) => await summariesIn(ledger, range)),
  ]);
  const nowMs = clock.earliest();
  const sinceMs = askedSinceMs ?? Math.floor(nowMs - SINCE_MS);
  const seen = seenBy(caller, summaries.flat(), nowMs);
  const runs = new Map(seen.map(({ summary }) => [summary.runId, summary]));
  const reached = dead.filter(({ runId }) => caller.all || runs.has(runId));
  const { stops, slows } =
    budget instanceof SetAside
      ? { stops: [attention("setAside", { detail: budget.why, count: 1 })], slows: [] }
      : attentionOfQueue(budget.value, library, nowMs);
  const rows = budget instanceof SetAside ? [] : attentionOfRows(budget.value, caller);
  const items = [
    ...stops,
    ...missingApprovals(seen),
    ...pausedRuns(seen),
    ...stalledRounds(sweeps),
    ...rows,
    ...attentionOfPoison(given),
    ...failuresByCause(seen, sinceMs),
    ...shortRounds(sweeps, sinceMs),
    ...deadCallbacks(reached, runs),
    ...slows,
  ];
  return { items };
}

/**
 * Runs without a team were accepted before there were teams. Those that go on are among the running
 * ones. Of the others a caller who sees sweeps is told nothing: that request is for the sweeps.
 */
function summariesFor(caller: Caller, seesSweeps: boolean): KeyRange[] {
  const own = summariesOf(teamOf(caller));
  return seesSweeps ? [own] : [own, summariesOf("")];
}

/** Each run once, as the caller sees it, if the caller's rights reach it. */
function seenBy(caller: Caller, summaries: readonly RunSummary[], nowMs: number): SeenRun[] {
  const all = new Map(summaries.map((summary) => [summary.runId, summary]));
  return [...all.values()].flatMap((summary) => {
    const view = describeSummary(summary, caller, nowMs);
    return view === null ? [] : [{ summary, view, last: lastFailures(summary, caller) }];
  });
}

async function summariesIn(ledger: LedgerReads, range: KeyRange): Promise<RunSummary[]> {
  const rows = await ledger.list(range.from, range.before, ROWS_MAX);
  return sorted(summarySchema, rows).readable.map(({ value }) => value);
}

async function sweepsIn(ledger: LedgerReads, caller: Caller): Promise<readonly SweepRecord[]> {
  return sweepsReached(caller, await ledger.list(SWEEP.from, SWEEP.before, ROWS_MAX));
}

async function deadIn(ledger: LedgerReads): Promise<DeadNotice[]> {
  const rows = await ledger.list(DEAD.from, DEAD.before, ROWS_MAX);
  return sorted(deadNoticeSchema, rows).readable.map(({ value }) => value);
}
