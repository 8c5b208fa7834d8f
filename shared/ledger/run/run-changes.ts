import { runKey } from "../row/keys.ts";
import type { RowChange, Stored } from "../sequence/rows.ts";
import type { RunRecord } from "./run.ts";
import { summarized, summaryRows } from "./summary.ts";

/**
 * The changes that write the run, and the rows of its summary, in the place of `before`. They lose
 * if the run was written meanwhile. `wasRunning` is true if it has a row among the running ones.
 */
export function runChanges(
  before: Stored<RunRecord> | null,
  run: RunRecord,
  wasRunning = before?.value.summary?.running ?? false,
): RowChange[] {
  const body = { ...run, summary: summarized(run) };
  const row = { key: runKey(run.runId), body };
  return [
    before === null ? { op: "insert", ...row } : { op: "replace", ...row, etag: before.etag },
    ...summaryRows(run, wasRunning),
  ];
}
