import type { DeadNotice } from "../../ledger/outbox/notice.ts";
import type { RunSummary } from "../../ledger/run/summary.ts";
import type { LastFailed } from "../../ledger/run/tally.ts";
import { attention, type Attention } from "./attention.ts";
import type { SummaryView } from "./describe-summary.ts";

/** A run that the caller's rights reach, and how it is shown to the caller. */
export interface SeenRun {
  readonly summary: RunSummary;
  readonly view: SummaryView;
  /** The sequence that failed last with each code. */
  readonly last: ReadonlyMap<string, LastFailed>;
}

/** Runs that wait for an approval, the next deadline first. */
export function missingApprovals(seen: readonly SeenRun[]): Attention[] {
  return seen
    .filter(({ view }) => view.needs.includes("approval"))
    .toSorted((a, b) => untilOf(a) - untilOf(b))
    .map(({ summary: run }) => {
      const detail = `${run.requestedBy} asked for it`;
      const times = { sinceMs: run.requestedAtMs, untilMs: run.approvalUntilMs };
      return attention("approval", { detail, ...times, run });
    });
}

function untilOf({ summary }: SeenRun): number {
  return summary.approvalUntilMs ?? Infinity;
}

/** Runs that paused themselves, the one that has waited longest first. */
export function pausedRuns(seen: readonly SeenRun[]): Attention[] {
  return seen
    .flatMap(({ summary: run }) => {
      const { paused } = run;
      if (paused === null) return [];
      return [{ atMs: paused.atMs, detail: paused.why, run }];
    })
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, detail, run }) => attention("runPaused", { detail, sinceMs: atMs, run }));
}

/** What failed in runs that run, or ended at `sinceMs` or later: by cause, the most first. */
export function failuresByCause(seen: readonly SeenRun[], sinceMs: number): Attention[] {
  const causes = new Map<string, { count: number; runs: SeenRun[] }>();
  for (const run of seen) {
    if ((run.summary.finishedAtMs ?? sinceMs) < sinceMs) continue;
    for (const [code, count] of Object.entries(run.view.failures)) {
      const cause = causes.get(code) ?? { count: 0, runs: [] };
      causes.set(code, { count: cause.count + count, runs: [...cause.runs, run] });
    }
  }
  return [...causes]
    .toSorted(([, a], [, b]) => b.count - a.count)
    .map(([of, { count, runs }]) => {
      const [newest] = runs.toSorted(byNewest);
      const sinceRun = Math.min(...runs.map(({ summary }) => summary.requestedAtMs));
      const run = newest?.summary;
      const incident = run === undefined ? "" : `; the newest is ${run.source} ${run.incidentId}`;
      const detail = `sequences of ${runs.length} ${runs.length === 1 ? "run" : "runs"}${incident}`;
      const last = newest?.last.get(of);
      return attention(
        { of },
        {
          detail,
          sinceMs: sinceRun,
          count,
          ...(run === undefined ? {} : { run }),
          ...(last === undefined ? {} : { last }),
        },
      );
    });
}

function byNewest(a: SeenRun, b: SeenRun): number {
  return b.summary.requestedAtMs - a.summary.requestedAtMs;
}

/** Callbacks that were tried for the last time, all as one. */
export function deadCallbacks(
  dead: readonly DeadNotice[],
  runs: ReadonlyMap<string, RunSummary>,
): Attention[] {
  const last = dead.toSorted((a, b) => b.diedAtMs - a.diedAtMs)[0];
  if (last === undefined) return [];
  const detail = `the last one to ${last.host}: ${last.said ?? ""}`;
  const sinceMs = Math.min(...dead.map(({ diedAtMs }) => diedAtMs));
  const run = runs.get(last.runId);
  const about = { detail, sinceMs, count: dead.length };
  return [attention("callbackDead", run === undefined ? about : { ...about, run })];
}
