import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { RunRecord } from "../../shared/ledger/run/run.ts";
import type { RunSummary } from "../../shared/ledger/run/summary.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Row } from "../../shared/ports.ts";
import type { Tally } from "../../shared/ledger/run/tally.ts";
import type { Court } from "./invariants.ts";
import { isRetryable } from "./retry-judge.ts";

const FAMILIES = /^(?:summary|team|running)!/;
const OVER = new Set(["succeeded", "failed", "timedOut", "cancelled", "expired", "refused"]);
/** The last millisecond of thirteen digits. */
const LAST_MS = 9_999_999_999_999;

/** Looks at what lists say of runs: at every commit, and at the end. */
export interface SummaryJudge {
  committed(changes: readonly RowChange[]): void;
  /** After all summaries were compared with their runs. */
  aftermath(rows: readonly Row[]): void;
}

/** `isMixed` where an older version writes runs, too, and leaves their summaries as they are. */
export function createSummaryJudge(
  court: Court,
  records: () => ReadonlyMap<string, SequenceRecord>,
  isMixed: boolean,
): SummaryJudge {
  const rows = new Map<string, unknown>();
  return {
    committed: (changes) => {
      if (isMixed) return;
      for (const change of changes) {
        if (!FAMILIES.test(change.key)) continue;
        if (change.op === "delete") rows.delete(change.key);
        else rows.set(change.key, change.body);
      }
      for (const run of changes.flatMap(runIn)) checkRun(court, run, rows, records());
    },
    aftermath: (all) => {
      const left = new Map(all.map(({ key, body }) => [key, body]));
      for (const { key, body } of all) {
        if (key.startsWith("running!")) court.fail("listed", `${key} is left over`);
        if (key.startsWith("run!") && isRun(body)) checkRun(court, body, left, records());
      }
    },
  };
}

function checkRun(
  court: Court,
  run: RunRecord,
  rows: ReadonlyMap<string, unknown>,
  records: ReadonlyMap<string, SequenceRecord>,
): void {
  const { runId, team, requestedAtMs, finishedAtMs } = run;
  const place = `${String(LAST_MS - requestedAtMs).padStart(13, "0")}!${runId}`;
  const wanted = wantedOf(run, records);
  const keys = [`summary!${place}`, `team!${team ?? ""}!${place}`];
  if (finishedAtMs === null) keys.push(`running!${place}`);
  else if (rows.has(`running!${place}`)) court.fail("listed", `${runId} is said to be running`);
  for (const key of keys) {
    const said = saidBy(rows.get(key));
    if (said !== wanted) court.fail("listed", `${key} says ${said}, and the run ${wanted}`);
  }
}

/** In words of its own, so that a change of the program's shows here. */
function wantedOf(run: RunRecord, records: ReadonlyMap<string, SequenceRecord>): string {
  const { title, accepted, open, finishedAtMs, gate, approval } = run;
  const isOver = finishedAtMs !== null;
  const ends: string[] = [];
  const mended: string[] = [];
  for (const record of records.values()) {
    const { runId, state, profile, results } = record;
    const isOwed = results.some((each) => each.state === "owed" && !each.again);
    if (runId !== run.runId || !OVER.has(state) || isOwed) continue;
    ends.push(`${profile.name} ${state}`);
    if (!isRetryable(record)) mended.push(...beforeIn(record, records));
  }
  return JSON.stringify({
    title,
    accepted,
    open,
    finishedAtMs: isOver ? Math.floor(finishedAtMs) : null,
    paused: isOver || gate?.state !== "paused" ? null : gate.paused?.why,
    until: isOver || approval?.granted !== null ? null : approval.expiresAtMs,
    ends: ends.toSorted(),
    mended: mended.toSorted(),
  });
}

/** Those that it runs again, one after the other. */
function beforeIn(
  { retry }: SequenceRecord,
  records: ReadonlyMap<string, SequenceRecord>,
): string[] {
  const first = retry === null ? undefined : records.get(retry.of);
  if (first === undefined) return [];
  return [`${first.profile.name} ${first.state}`, ...beforeIn(first, records)];
}

function saidBy(body: unknown): string {
  if (!isSummary(body)) return "nothing";
  const { title, accepted, open, finishedAtMs, paused, approvalUntilMs, tally } = body;
  const listed = (of: (each: Tally[number]) => Tally[number]["ended"]) =>
    (tally ?? []).flatMap((each) =>
      of(each).flatMap(({ state, count }) =>
        Array.from({ length: count }, () => `${each.profile} ${state}`),
      ),
    );
  return JSON.stringify({
    title,
    accepted,
    open,
    finishedAtMs,
    paused: paused?.why ?? null,
    until: approvalUntilMs,
    ends: listed(({ ended }) => ended).toSorted(),
    mended: listed(({ mended = [] }) => mended).toSorted(),
  });
}

function runIn(change: RowChange): RunRecord[] {
  if (change.op === "delete" || !change.key.startsWith("run!")) return [];
  return isRun(change.body) ? [change.body] : [];
}

// What the workflows write under these keys are runs and summaries; their parts are looked at one
// by one.
function isRun(body: unknown): body is RunRecord {
  return typeof body === "object" && body !== null && "accepted" in body;
}

function isSummary(body: unknown): body is RunSummary {
  return typeof body === "object" && body !== null && "tally" in body;
}
