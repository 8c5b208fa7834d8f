import { describe, expect, it } from "vitest";
import { afterTry, type NotYet, type Times } from "../../../shared/limits/pace/next-try.ts";
import { aResult, START_MS } from "../../ledger/a-sequence.ts";

const POLL_MS = 15_000;
const DAY_MS = 86_400_000;
const AT: Times = { nowMs: START_MS, pollMs: POLL_MS, absentMs: DAY_MS, hasCompleted: true };
const TROUBLE: NotYet = { kind: "notYet", detail: "HTTP 503", has: "unknown", retryAfterMs: null };
const NONE: NotYet = { ...TROUBLE, detail: "HTTP 404", has: "none" };

describe("a result that did not come", () => {
  it("is due again after a poll, then twice as long each time, up to ten minutes", () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 90].map((tries) => {
      const { dueAtMs } = afterTry(aResult({ tries }), TROUBLE, AT);
      return ((dueAtMs ?? 0) - START_MS) / POLL_MS;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 40, 40]);
  });

  it.each([
    [60_000, 60_000],
    [1_000, POLL_MS],
    [null, POLL_MS],
  ])("after which Defender asks to wait %s ms is due after %i ms", (retryAfterMs, waitMs) => {
    expect(afterTry(aResult(), { ...TROUBLE, retryAfterMs }, AT)).toMatchObject({
      state: "owed",
      tries: 1,
      detail: "HTTP 503",
      dueAtMs: START_MS + waitMs,
    });
  });

  it("stays owed for ever while nobody can say whether there is one", () => {
    const long = { tries: 4_000, absentSinceMs: START_MS - 9 * DAY_MS };
    expect(afterTry(aResult(long), TROUBLE, AT)).toMatchObject({
      state: "owed",
      absentSinceMs: START_MS - 9 * DAY_MS,
    });
    const some = { ...TROUBLE, has: "some" } as const;
    expect(afterTry(aResult(long), some, AT)).toMatchObject({ state: "owed", absentSinceMs: null });
  });
});

describe("a result that Defender says it has not", () => {
  it("is asked for again, and the first such word is remembered", () => {
    const first = afterTry(aResult(), NONE, AT);
    expect(first).toMatchObject({ state: "owed", absentSinceMs: START_MS, tries: 1 });
    expect(first.dueAtMs).toBe(START_MS + POLL_MS);
    const again = afterTry(first, NONE, { ...AT, nowMs: START_MS + 1 });
    expect(again).toMatchObject({ absentSinceMs: START_MS, tries: 2 });
  });

  it.each([
    ["completed", true, DAY_MS],
    ["did not complete", false, 8 * POLL_MS],
  ])("of a command that %s is not to be had after so long", (_, hasCompleted, spanMs) => {
    const absent = aResult({ tries: 3, absentSinceMs: START_MS });
    const at = (afterMs: number) =>
      afterTry(absent, NONE, { ...AT, hasCompleted, nowMs: START_MS + afterMs });
    // The last try is at the end of that time, not a whole wait later.
    expect(at(spanMs - 1)).toMatchObject({ state: "owed", dueAtMs: START_MS + spanMs });
    expect(at(spanMs)).toMatchObject({ state: "unavailable", dueAtMs: null, tries: 4 });
    expect(at(spanMs).detail).toBe("HTTP 404");
  });
});
