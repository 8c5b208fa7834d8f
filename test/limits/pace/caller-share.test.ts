import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callerReadsSchema,
  mostLookUps,
  spendShare,
  type CallerReads,
} from "../../../shared/limits/pace/caller-share.ts";

const LIMITS = { readsPerMinute: 100, readsPerHour: 1_500 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How many of `asked` look-ups at one time are allowed, and what is counted after them. */
function spent(reads: CallerReads, caller: string, asked: number, nowMs: number) {
  let after = reads;
  let allowed = 0;
  for (let number = 0; number < asked; number += 1) {
    const next = spendShare(after, { caller, calls: 1 }, nowMs, LIMITS);
    if (next === null) continue;
    after = next;
    allowed += 1;
  }
  return { after, allowed };
}

describe("the look-ups of a caller", () => {
  it("are half of those of a minute, and half of those of an hour", () => {
    const first = spent({}, "one", 60, 0);
    expect(first.allowed).toBe(50);
    expect(spent(first.after, "one", 60, MINUTE_MS - 1).allowed).toBe(0);
    let reads: CallerReads = {};
    let allowed = 0;
    for (let minute = 0; minute < 60; minute += 1) {
      const next = spent(reads, "one", 60, minute * MINUTE_MS);
      reads = next.after;
      allowed += next.allowed;
    }
    expect(allowed).toBe(750);
    expect(spent(reads, "one", 60, HOUR_MS).allowed).toBe(50);
  });

  it("leave others theirs", () => {
    const { after } = spent({}, "one", 60, 0);
    expect(spent(after, "other", 60, 0).allowed).toBe(50);
  });

  it("are forgotten after their hour, so that the row stays small", () => {
    const { after } = spent({}, "one", 1, 0);
    expect(Object.keys(spent(after, "other", 1, HOUR_MS).after)).toEqual(["other"]);
  });

  it("are at least one, however small the budget is, and readable from the row", () => {
    const limits = { readsPerMinute: 1, readsPerHour: 1 };
    fc.assert(
      fc.property(fc.string(), fc.nat(), (caller, nowMs) => {
        fc.pre(caller !== "__proto__");
        const once = spendShare({}, { caller, calls: 1 }, nowMs, limits);
        expect(callerReadsSchema.parse(once)).toEqual(once);
        expect(spendShare(once ?? {}, { caller, calls: 1 }, nowMs, limits)).toBeNull();
      }),
    );
  });

  it("that are made at once are all allowed, or none", () => {
    const by = { caller: "one", calls: 1 };
    const most = mostLookUps(LIMITS);
    expect(spendShare({}, { ...by, calls: most + 1 }, 0, LIMITS)).toBeNull();
    const all = spendShare({}, { ...by, calls: most }, 0, LIMITS);
    expect(all).not.toBeNull();
    expect(spendShare(all ?? {}, by, 0, LIMITS)).toBeNull();
  });
});
