import { describe, expect, it } from "vitest";
import { withHuntTime } from "../../../shared/limits/pace/hunt-time.ts";
import { FIRST_READS, readsSchema, type Reads } from "../../../shared/limits/pace/reads.ts";
import { spendReads, type Spending } from "../../../shared/limits/pace/spend-reads.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const ONE = { calls: 1, share: 1, by: null, at: null } as const;

const at = (minutes: number) => START_MS + minutes * 60_000;

/** How many calls of this kind a minute has room for. */
function roomFor(spending: Pick<Spending, "kind"> & Partial<Spending>, before = FIRST_READS) {
  const limits = someLimits({ readsPerMinute: 20, huntsPerMinute: 3 });
  let reads: Reads = before;
  for (let made = 0; made < 100; made += 1) {
    const next = spendReads(reads, { ...ONE, ...spending }, START_MS, limits);
    if (next === null) return { made, reads };
    reads = next;
  }
  throw new Error("there is no end");
}

describe("spendReads", () => {
  it("has a limit of its own for hunts, and one for each other kind", () => {
    const { made, reads } = roomFor({ kind: "hunt" });
    expect([made, roomFor({ kind: "machines" }, reads).made]).toEqual([3, 20]);
    expect(roomFor({ kind: "hunt" }, roomFor({ kind: "machines" }).reads).made).toBe(3);
  });

  it("lets no hunt begin while hunts have run for ten minutes of the last hour", () => {
    const huntTime = withHuntTime(withHuntTime([], 599_000, at(0)), 1_000, at(1));
    const may = (minutes: number) => {
      const hunt = { ...ONE, kind: "hunt" } as const;
      return spendReads({ ...FIRST_READS, huntTime }, hunt, at(minutes), someLimits()) !== null;
    };
    expect([may(1), may(59), may(62)]).toEqual([false, false, true]);
    expect(
      spendReads({ ...FIRST_READS, huntTime }, { ...ONE, kind: "link" }, at(1), someLimits()),
    ).not.toBeNull();
  });

  it("leaves to others what is beyond the share of a use", () => {
    const { made, reads } = roomFor({ kind: "machines", share: 0.5 });
    expect([made, roomFor({ kind: "machines" }, reads).made]).toEqual([10, 10]);
    expect(roomFor({ kind: "machines", share: 0.5 }, reads).made).toBe(0);
  });

  it("reads a row in which an older release had no hunts", () => {
    const { hunt, huntTime, ...older } = FIRST_READS;
    expect(readsSchema.parse(older)).toEqual({ ...older, hunt, huntTime });
  });
});
