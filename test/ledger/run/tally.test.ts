import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  changesTally,
  endBeforeRetry,
  tallyOf,
  unmended,
  withAccepted,
  withMoved,
  wholeTally,
} from "../../../shared/ledger/run/tally.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { aResult, aSequence, START_MS } from "../a-sequence.ts";

const COMMAND_FAILED = { state: "failed" as const, code: "commandFailed" };
const FAILED = { code: "commandFailed", detail: "it failed" };

function ended(overrides: Partial<SequenceRecord>): SequenceRecord {
  return aSequence({ place: null, endedAtMs: START_MS, ...overrides });
}

function at(endedAtMs: number, over: Partial<SequenceRecord>): SequenceRecord {
  return ended({ sequenceId: `s${endedAtMs}`, machineId: `m${endedAtMs}`, ...over, endedAtMs });
}

function script(exitCode: number | null, state: "owed" | "stored") {
  const said = exitCode === null ? null : { exitCode, output: "", errors: "" };
  return aResult({ type: "RunScript", state, script: said });
}

const { sequenceId, machineId, machineName } = aSequence();
/** All of them are of this one. */
const LAST = { last: { sequenceId, machineId, machineName } };

describe("the tally of a run", () => {
  it("counts the ends of each profile, with their codes", () => {
    const profile = { name: "other", version: 1, hash: "h" };
    const records = [
      aSequence(),
      ended({ state: "failed", outcome: FAILED }),
      ended({ state: "failed", outcome: FAILED }),
      ended({ state: "succeeded", profile }),
    ];
    const [{ profile: { name } } = aSequence()] = records;
    expect(tallyOf(records)).toEqual([
      { profile: name, accepted: 3, ended: [{ ...COMMAND_FAILED, count: 2, ...LAST }] },
      { profile: "other", accepted: 1, ended: [{ state: "succeeded", code: null, count: 1 }] },
    ]);
  });

  it("says that a script failed by its own result, also when that comes later", () => {
    const before = ended({ state: "succeeded", results: [script(null, "owed")] });
    const again = { ...before, results: before.results.map((each) => ({ ...each, again: true })) };
    const after = ended({ state: "succeeded", results: [script(1, "stored")] });
    expect(changesTally(before, after)).toBe(true);
    expect(changesTally(again, after)).toBe(true);
    const [first] = withMoved(tallyOf([before]), before, after) ?? [];
    const ran = { state: "succeeded", code: "scriptFailed", count: 1 };
    expect(first?.ended).toEqual([{ ...ran, ...LAST }]);
    expect(withMoved(tallyOf([again]), again, after)).toEqual(tallyOf([after]));
  });

  it("does not count a sequence that still owes results", () => {
    const owing = ended({ state: "succeeded", results: [script(null, "owed")] });
    expect(tallyOf([owing])[0]?.ended).toEqual([]);
  });

  it("comes to the same, counted move by move or from the records", () => {
    const end = fc.constantFrom<Partial<SequenceRecord>>(
      { state: "succeeded" },
      { state: "failed", outcome: FAILED },
      { state: "expired", outcome: { code: "expired", detail: "" } },
    );
    fc.assert(
      fc.property(fc.array(end, { maxLength: 20 }), (ends) => {
        const records = ends.map((each) => ended(each));
        const accepted = withAccepted([], records);
        const tally = records.reduce(
          (counted, each) => withMoved(counted, aSequence(), each),
          accepted,
        );
        const sorted = (of: typeof tally) => JSON.stringify(of?.map(byState));
        expect(sorted(tally)).toBe(sorted(tallyOf(records)));
        expect(wholeTally({ tally, accepted: ends.length, open: 0 })).toBe(tally);
      }),
    );
  });

  it("takes what a retry has made good from the failures, whatever its tries were", () => {
    const failed = COMMAND_FAILED;
    const expired = { state: "expired" as const, code: "expired" };
    const first = ended({ state: "failed", outcome: FAILED });
    const second = ended({
      state: "expired",
      outcome: { code: "expired", detail: "" },
      retry: { of: "1", number: 1, ends: [failed] },
    });
    const good = { retry: { of: "2", number: 2, ends: [failed, expired] } };
    const third = ended({ state: "succeeded", ...good });
    const other = ended({ state: "failed", outcome: FAILED });
    const tally = tallyOf([first, second, other]);
    const left = (of: typeof tally) => of.flatMap(unmended).toSorted((a, b) => b.count - a.count);
    expect(left(tally)).toEqual([
      { ...failed, count: 2, ...LAST },
      { ...expired, count: 1, ...LAST },
    ]);
    const open = withAccepted(tally, [third]);
    const mended = withMoved(open, aSequence(good), third) ?? [];
    expect(mended).toEqual(tallyOf([first, second, other, third]));
    expect(mended.flatMap(unmended)).toEqual([
      { ...failed, count: 1 },
      { state: "succeeded", code: null, count: 1 },
    ]);
    expect(wholeTally({ tally: mended, accepted: 4, open: 0 })).toBe(mended);
    const later = ended({ state: "succeeded", results: [script(1, "stored")], ...good });
    expect(left(withMoved(mended, third, later) ?? [])).toMatchObject([
      { ...failed, count: 2 },
      { ...expired, count: 1 },
      { code: "scriptFailed", count: 1 },
    ]);
  });

  it("names the sequence that failed last in each way, and none that is cancelled or went well", () => {
    const outcome = { code: "cancelled", detail: "" };
    const tally = tallyOf([
      at(2, { state: "failed", outcome: FAILED }),
      at(1, { state: "failed", outcome: FAILED }),
      at(3, { state: "cancelled", outcome }),
      at(4, { state: "succeeded" }),
    ]);
    const known = tally.flatMap((each) => each.ended).map(({ code, last }) => [code, last]);
    expect(new Map(known.map(([code, last]) => [code, last]))).toEqual(
      new Map([
        ["commandFailed", { sequenceId: "s2", machineId: "m2", machineName }],
        ["cancelled", undefined],
        [null, undefined],
      ]),
    );
  });

  it("says how a sequence ended that is run again, a script that failed too", () => {
    expect(endBeforeRetry(ended({ state: "failed", outcome: FAILED }))).toEqual({
      state: "failed",
      code: "commandFailed",
    });
    const ran = ended({ state: "succeeded", results: [script(1, "stored")] });
    expect(endBeforeRetry(ran)).toEqual({ state: "succeeded", code: "scriptFailed" });
  });

  it("is not known if an older version of the app has counted", () => {
    const tally = tallyOf([aSequence()]);
    expect(wholeTally({ tally, accepted: 1, open: 1 })).toBe(tally);
    expect(wholeTally({ tally, accepted: 2, open: 2 })).toBeNull();
    expect(wholeTally({ tally, accepted: 1, open: 0 })).toBeNull();
    expect(wholeTally({ tally: null, accepted: 0, open: 0 })).toBeNull();
    expect(withAccepted(null, [aSequence()])).toBeNull();
  });
});

function byState(each: ReturnType<typeof tallyOf>[number]) {
  return { ...each, ended: each.ended.toSorted((a, b) => (a.state < b.state ? -1 : 1)) };
}
