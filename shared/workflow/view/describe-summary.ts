import { reachInto } from "../../access/reach.ts";
import type { Caller } from "../../access/caller.ts";
import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import type { RunSummary } from "../../ledger/run/summary.ts";
import type { RunView } from "./run-view.ts";
import { type LastFailed, unmended, wholeTally, type Tally } from "../../ledger/run/tally.ts";

/** What of a run needs a person: its plan an approval, itself a resume, or some of it failed. */
type Need = "approval" | "paused" | "failed";

/** What a list and the run itself say alike. */
type Named = Pick<
  RunView,
  | "runId"
  | "state"
  | "source"
  | "incidentId"
  | "title"
  | "severity"
  | "url"
  | "team"
  | "requestedBy"
  | "requestedAt"
  | "finishedAt"
>;

/** A run as a list shows it: what of it the caller's rights reach. */
export interface SummaryView extends Named {
  /**
   * Sequences: all, those that are not finished, and those that ended in each state; null until
   * lrq has counted those that an older version of the app has ended.
   */
  readonly counts: Counts;
  /**
   * How many did not end well, by the code of the outcome, without those that a retry has made
   * good; empty where `counts` has null.
   */
  readonly failures: Readonly<Record<string, number>>;
  readonly needs: readonly Need[];
  readonly approvalExpiresAt: string | null;
}

const ENDED = ["succeeded", "failed", "timedOut", "cancelled", "expired", "refused"] as const;
type Ended = Readonly<Record<(typeof ENDED)[number], number | null>>;
type Counts = { readonly total: number; readonly open: number } & Ended;

/**
 * The run for a caller; null if the caller's rights do not reach it. If the caller may not use all
 * profiles and lrq has not counted the run yet, nobody knows whether they do.
 */
export function describeSummary(
  summary: RunSummary,
  caller: Caller,
  nowMs: number,
): SummaryView | null {
  if (reachInto(caller, summary) === null) return null;
  const tally = coveredBy(caller, wholeTally(summary));
  if (caller.profiles !== null && (tally ?? []).length === 0) return null;
  const { runId, source, incidentId, title, severity, url, team, requestedBy } = summary;
  const failures = failuresIn(tally ?? []);
  const approvalMs = summary.approvalUntilMs ?? 0;
  const needs: Need[] = [
    ...(approvalMs > nowMs ? (["approval"] as const) : []),
    ...(summary.paused === null ? [] : (["paused"] as const)),
    ...(Object.keys(failures).length === 0 ? [] : (["failed"] as const)),
  ];
  return {
    runId,
    state: summary.finishedAtMs === null ? "running" : "finished",
    source,
    incidentId,
    title,
    severity,
    url,
    team,
    requestedBy,
    requestedAt: isoOf(summary.requestedAtMs),
    finishedAt: isoOrNull(summary.finishedAtMs),
    counts: countsIn(summary, tally),
    failures,
    needs,
    approvalExpiresAt: approvalMs > nowMs ? isoOf(approvalMs) : null,
  };
}

/** What the tally says of the profiles that the caller may use. */
function coveredBy({ profiles }: Caller, tally: Tally | null): Tally | null {
  if (profiles === null || tally === null) return tally;
  return tally.filter(({ profile }) => profiles.includes(profile));
}

function countsIn({ accepted, open }: RunSummary, tally: Tally | null): Counts {
  const none = { succeeded: null, failed: null, timedOut: null };
  if (tally === null) {
    return { total: accepted, open, ...none, cancelled: null, expired: null, refused: null };
  }
  const ends = tally.flatMap(({ ended }) => ended);
  const total = tally.reduce((sum, each) => sum + each.accepted, 0);
  const finished = ends.reduce((sum, each) => sum + each.count, 0);
  const of = (state: (typeof ENDED)[number]) =>
    ends.filter((each) => each.state === state).reduce((sum, { count }) => sum + count, 0);
  return {
    total,
    open: total - finished,
    succeeded: of("succeeded"),
    failed: of("failed"),
    timedOut: of("timedOut"),
    cancelled: of("cancelled"),
    expired: of("expired"),
    refused: of("refused"),
  };
}

/** The sequence that failed last with each code, as far as that is known. */
export function lastFailures(summary: RunSummary, caller: Caller): ReadonlyMap<string, LastFailed> {
  const tally = coveredBy(caller, wholeTally(summary)) ?? [];
  return new Map(
    tally.flatMap(unmended).flatMap(({ state, code, last }) => {
      return last === undefined ? [] : [[code ?? state, last]];
    }),
  );
}

/** A cancel is no failure: somebody asked for it. Nor is what a retry has made good. */
function failuresIn(tally: Tally): Record<string, number> {
  const failures = new Map<string, number>();
  for (const { state, code, count } of tally.flatMap(unmended)) {
    if (state === "cancelled" || (state === "succeeded" && code === null)) continue;
    const name = code ?? state;
    failures.set(name, (failures.get(name) ?? 0) + count);
  }
  return Object.fromEntries(failures);
}
