import { describe, expect, it } from "vitest";
import { isWithin } from "../../../shared/ledger/row/key-range.ts";
import { OUTSTANDING, QUEUE_HEAD } from "../../../shared/ledger/row/keys.ts";
import { runSchema, type RunRecord } from "../../../shared/ledger/run/run.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import { isSummarized, summaryOf } from "../../../shared/ledger/run/summary.ts";
import { aRun } from "../a-run.ts";
import { RUN_ID, START_MS } from "../a-sequence.ts";

const PLACE = `${9_999_999_999_999 - START_MS}!${RUN_ID}`;
const OVER = { open: 0, finishedAtMs: START_MS + 1 };

function keyOf(requestedAtMs: number): string {
  return runChanges(null, aRun({ requestedAtMs }))[1]?.key ?? "";
}

/** The run as it is written in the place of `before`, and what is done with each row. */
function written(before: RunRecord | null, run: RunRecord) {
  const stored = before === null ? null : { value: before, etag: "e" };
  const [first, ...rows] = runChanges(stored, run);
  if (first === undefined || !("body" in first)) throw new Error("the run is not written");
  const after = runSchema.parse(first.body);
  return { after, rows: rows.map(({ op, key }) => `${op} ${key}`) };
}

describe("the summary of a run", () => {
  it("is written with the run: for all, for its team, and among those that run", () => {
    const { rows } = written(null, aRun({ accepted: 1, open: 1 }));
    expect(rows).toEqual([
      `upsert summary!${PLACE}`,
      `upsert team!analyst!${PLACE}`,
      `insert running!${PLACE}`,
    ]);
    expect(written(null, aRun({ team: null })).rows).toContain(`upsert team!!${PLACE}`);
  });

  it("leaves the running ones when the run finishes, and is back when it grows", () => {
    const { after: running } = written(null, aRun({ accepted: 1, open: 1 }));
    expect(written(running, running).rows).toContain(`replace running!${PLACE}`);
    const { after: over, rows } = written(running, { ...running, ...OVER });
    expect(rows).toContain(`delete running!${PLACE}`);
    expect(written(over, over).rows).toHaveLength(2);
    const grown = { ...over, open: 1, finishedAtMs: null };
    expect(written(over, grown).rows).toContain(`insert running!${PLACE}`);
  });

  it("is not asked to leave the running ones by a run that an older version wrote", () => {
    expect(written(aRun({ accepted: 1, open: 1 }), aRun(OVER)).rows).toHaveLength(2);
  });

  it("has no row among what a poll or a drain reads", () => {
    const keys = runChanges(null, aRun()).map(({ key }) => key);
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      expect([isWithin(key, OUTSTANDING), isWithin(key, QUEUE_HEAD)]).toEqual([false, false]);
    }
  });

  it("sorts the newest run first", () => {
    expect(keyOf(START_MS + 1) < keyOf(START_MS)).toBe(true);
  });

  it("shows a pause and a missing approval only while the run is running", () => {
    const paused = { why: "3 of 5 sequences failed", atMs: START_MS };
    const gate = { wave: 0, held: 0, done: 5, failed: 3, maxFailedShare: 0.5, paused };
    const approval = { needed: 1, expiresAtMs: 7, requesters: [], given: [], granted: null };
    const run = aRun({ gate: { ...gate, state: "paused" }, approval });
    expect(summaryOf(run)).toMatchObject({ paused, approvalUntilMs: 7 });
    expect(summaryOf({ ...run, ...OVER })).toMatchObject({ paused: null, approvalUntilMs: null });
    const granted = { ...run, approval: { ...approval, granted: "plan" } };
    expect(summaryOf(granted).approvalUntilMs).toBeNull();
  });

  it("is out of date once a version that knows none has changed the run", () => {
    const { after } = written(null, aRun({ accepted: 1, open: 1 }));
    expect(isSummarized(after)).toBe(true);
    expect(isSummarized({ ...after, ...OVER })).toBe(false);
    expect(isSummarized({ ...after, outputRead: [{ by: "a", results: 1 }] })).toBe(true);
    expect(isSummarized(aRun())).toBe(false);
  });
});
