import { createHash } from "node:crypto";
import { z } from "zod";
import { SEVERITIES, SOURCES } from "../../incident/incident.ts";
import { instant } from "../row/instant.ts";
import { placeOfRun, runningKey, summaryKey, teamKey } from "../row/keys.ts";
import { rowObject } from "../row/row-object.ts";
import type { RowChange } from "../sequence/rows.ts";
import type { RunRecord } from "./run.ts";
import type { Summarized } from "./summarized.ts";
import { tallySchema } from "./tally.ts";

const count = z.number().int().nonnegative();

/** What a list shows of a run. It follows from the run, and is written in its transactions. */
export const summarySchema = rowObject({
  v: z.literal(1),
  runId: z.string(),
  source: z.enum(SOURCES),
  incidentId: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  url: z.string().nullable(),
  team: z.string().nullable(),
  requestedBy: z.string(),
  requestedAtMs: instant,
  finishedAtMs: instant.nullable(),
  accepted: count,
  open: count,
  /** Null if it is not known, because an older version of the app has worked on the run. */
  tally: tallySchema.nullable(),
  /** Why the run is paused, and since when; null if it is not. */
  paused: rowObject({ why: z.string(), atMs: instant }).nullable(),
  /** Until when it waits for an approval; null if it does not. */
  approvalUntilMs: instant.nullable(),
});
export type RunSummary = z.infer<typeof summarySchema>;

/** How far the runs have been compared with their summaries, since an older version may write. */
export const summariesSchema = rowObject({
  v: z.literal(1),
  /** The last run that was compared; empty before the first of a pass. */
  after: z.string(),
  /** When the last pass was over; null while the first one goes on. */
  passedAtMs: instant.nullable(),
});

export function summaryOf(run: RunRecord): RunSummary {
  const { runId, source, incidentId, title, severity, url, team, requestedBy } = run;
  const { requestedAtMs, finishedAtMs, accepted, open, tally, gate, approval } = run;
  const isOver = finishedAtMs !== null;
  const paused = isOver || gate?.state !== "paused" ? null : gate.paused;
  return {
    v: 1,
    runId,
    source,
    incidentId,
    title,
    severity,
    url,
    team,
    requestedBy,
    requestedAtMs: Math.floor(requestedAtMs),
    finishedAtMs: finishedAtMs === null ? null : Math.floor(finishedAtMs),
    accepted,
    open,
    tally,
    paused: paused === null ? null : { why: paused.why, atMs: paused.atMs },
    approvalUntilMs: isOver || approval?.granted !== null ? null : approval.expiresAtMs,
  };
}

/** What the run says of its summary after its rows are written. */
export function summarized(run: RunRecord): Summarized {
  const summary = summaryOf(run);
  const hash = createHash("sha256").update(JSON.stringify(summary)).digest("hex").slice(0, 16);
  return { ...run.summary, hash, running: summary.finishedAtMs === null };
}

/** True if the rows of the summary say what the run says, as far as the run knows. */
export function isSummarized(run: RunRecord): boolean {
  return run.summary !== null && run.summary.hash === summarized(run).hash;
}

/**
 * The rows of the summary of a run: among all, among those of its team, and among those that are
 * running if it is. `wasRunning` is true if it has a row there. The run is written in the same
 * transaction under its ETag, so the rows need none.
 */
export function summaryRows(run: RunRecord, wasRunning: boolean): RowChange[] {
  const body = summaryOf(run);
  const place = placeOfRun(run.requestedAtMs, run.runId);
  const key = runningKey(place);
  const isRunning = body.finishedAtMs === null;
  return [
    { op: "upsert", key: summaryKey(place), body },
    { op: "upsert", key: teamKey(run.team ?? "", place), body },
    ...(isRunning && wasRunning ? [{ op: "replace", key, body, etag: "*" } as const] : []),
    ...(isRunning && !wasRunning ? [{ op: "insert", key, body } as const] : []),
    ...(!isRunning && wasRunning ? [{ op: "delete", key, etag: "*" } as const] : []),
  ];
}
