import { z } from "zod";
import { teamOf, type Caller } from "../../access/caller.ts";
import { SOURCES, type Source } from "../../incident/incident.ts";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { withoutFamily, type KeyRange } from "../../ledger/row/key-range.ts";
import { placeOfRun, RUNNING, summariesOf, SUMMARY } from "../../ledger/row/keys.ts";
import { newestFirst } from "../../ledger/row/padded.ts";
import { orSetAside, SetAside, sorted } from "../../ledger/row/set-aside.ts";
import type { RunState } from "../../ledger/run/run.ts";
import { summaryOf, summarySchema, type RunSummary } from "../../ledger/run/summary.ts";
import { runIdOf } from "../../plan/identity.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { loadRun } from "../../store/load.ts";
import { describeSummary, type SummaryView } from "./describe-summary.ts";

/** Which runs, and how many; null asks for all. */
export interface RunsAsked {
  readonly state: RunState | null;
  readonly source: Source | null;
  readonly incidentId: string | null;
  /** Requested at or after this instant. */
  readonly sinceMs: number | null;
  /** True for runs that need a person. */
  readonly needsAttention: boolean;
  readonly limit: number;
  readonly cursor: string | null;
}

/** A page of runs, the newest first. It may be short, or empty, before the end. */
export interface RunsPage {
  readonly runs: readonly SummaryView[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** One page of the Table service. A list with a filter looks at so many for one page of its own. */
const ROWS_MAX = 1_000;

const placeSchema = z.string().regex(/^\d{13}![0-9a-hjkmnp-tv-z]{20}$/);

/** A run, and its place in the order of the list. */
interface Placed {
  readonly place: string;
  readonly summary: RunSummary;
}

/**
 * The runs that the caller's rights reach, as they were asked for, in at most three requests. Null
 * if the cursor is none of this list.
 */
export async function listRuns(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  caller: Caller,
  asked: RunsAsked,
): Promise<RunsPage | null> {
  const after = asked.cursor === null ? null : readCursor(placeSchema, asked.cursor);
  if (asked.cursor !== null && after === null) return null;
  const [named, scanned] = await Promise.all([
    namedRuns(ledger, caller, asked),
    scan(ledger, caller, asked, after),
  ]);
  const nowMs = clock.earliest();
  const known = new Set(named.map(({ summary }) => summary.runId));
  const others = scanned.found.filter(({ summary }) => !known.has(summary.runId));
  // Whoever goes on has seen the runs that the incident names on the first page.
  const all = after === null ? [...named, ...others].toSorted(byPlace) : others;
  const runs: { place: string; view: SummaryView }[] = [];
  for (const { place, summary } of all) {
    const view = isAskedFor(summary, asked) ? describeSummary(summary, caller, nowMs) : null;
    if (view !== null && (!asked.needsAttention || view.needs.length > 0))
      runs.push({ place, view });
  }
  const shown = runs.slice(0, asked.limit);
  const last = runs.length > shown.length ? shown.at(-1)?.place : scanned.rest;
  const next = last === undefined || last === null ? null : cursorOf(last);
  return { runs: shown.map(({ view }) => view), next };
}

function byPlace(a: Placed, b: Placed): number {
  return a.place < b.place ? -1 : 1;
}

/** True if the run is one of those that were asked for, attention aside. */
export function isAskedFor(
  summary: RunSummary,
  { state, source, incidentId, sinceMs }: RunsAsked,
): boolean {
  const stateNow: RunState = summary.finishedAtMs === null ? "running" : "finished";
  return (
    (state === null || state === stateNow) &&
    (source === null || source === summary.source) &&
    (incidentId === null || incidentId === summary.incidentId) &&
    (sinceMs === null || summary.requestedAtMs >= sinceMs)
  );
}

/**
 * The runs whose ids follow from source and incident: that of the first team, and that of the
 * caller's. A run that was asked for again has an id of its own, and is found among the summaries.
 */
async function namedRuns(
  ledger: LedgerReads,
  caller: Caller,
  { source, incidentId }: RunsAsked,
): Promise<Placed[]> {
  if (source === null || incidentId === null) return [];
  const ids = [null, teamOf(caller)].map((team) =>
    runIdOf({ source, incidentId, again: null, team }),
  );
  const runs = await Promise.all(ids.map(async (id) => await orSetAside(loadRun(ledger, id))));
  return runs.flatMap((stored) => {
    if (stored === null || stored instanceof SetAside) return [];
    const { requestedAtMs, runId } = stored.value;
    return [{ place: placeOfRun(requestedAtMs, runId), summary: summaryOf(stored.value) }];
  });
}

/**
 * The next summaries, the newest first, and the last place up to which all are known; null if there
 * are no more.
 */
async function scan(
  ledger: LedgerReads,
  caller: Caller,
  asked: RunsAsked,
  after: string | null,
): Promise<{ readonly found: readonly Placed[]; readonly rest: string | null }> {
  const ranges = rangesFor(caller, asked);
  const limit = isFiltered(caller, asked) ? ROWS_MAX : asked.limit + 1;
  const parts = await Promise.all(
    ranges.map(async (range) => await partOf(ledger, range, { after, limit, asked })),
  );
  const rests = parts.flatMap(({ rest }) => rest ?? []).toSorted();
  // Beyond the end of one part, nobody knows what comes next in it.
  const rest = rests[0] ?? null;
  const found = parts
    .flatMap((part) => part.found)
    .filter(({ place }) => rest === null || place <= rest)
    .toSorted(byPlace);
  return { found, rest };
}

async function partOf(
  ledger: LedgerReads,
  range: KeyRange,
  { after, limit, asked }: { after: string | null; limit: number; asked: RunsAsked },
): Promise<{ readonly found: readonly Placed[]; readonly rest: string | null }> {
  const from = after === null ? range.from : `${range.from}${after}!`;
  // The character after "!": the last of those that were requested at that instant is before it.
  const until = asked.sinceMs === null ? null : `${range.from}${newestFirst(asked.sinceMs)}"`;
  const before = until ?? range.before;
  const rows = from < before ? await ledger.list(from, before, limit) : [];
  const last = rows.at(-1);
  const found = sorted(summarySchema, rows).readable.map(({ row, value }) => ({
    place: withoutFamily(row.key, range),
    summary: value,
  }));
  const rest = last === undefined || rows.length < limit ? null : withoutFamily(last.key, range);
  return { found, rest };
}

/**
 * Which families of summaries to read. Runs from before teams belong to every team. A run of an
 * incident is looked for among all, because two requests go to the ids that follow from it.
 */
function rangesFor(caller: Caller, { state, source, incidentId }: RunsAsked): readonly KeyRange[] {
  if (state === "running") return [RUNNING];
  const isNamed = source !== null && incidentId !== null;
  return caller.all || isNamed ? [SUMMARY] : [summariesOf(teamOf(caller)), summariesOf("")];
}

/** True if some of the rows that are read may not be shown. */
function isFiltered(caller: Caller, asked: RunsAsked): boolean {
  const { state, source, incidentId, needsAttention } = asked;
  const isOpen = state === null && source === null && incidentId === null && !needsAttention;
  const seesAll =
    caller.profiles === null && SOURCES.every((each) => caller.sources.includes(each));
  return !isOpen || !seesAll;
}
