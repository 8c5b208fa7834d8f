import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stacking, type StackBounds } from "../../../shared/evidence/rows/stacking.ts";

const ENOUGH = { values: 1_000, characters: 100_000 };
const machines = fc.array(fc.uniqueArray(fc.stringMatching(/^[a-f]{1,3}$/), { maxLength: 12 }), {
  maxLength: 12,
});

function stacked(all: readonly (readonly string[])[], limit: number, bounds: StackBounds) {
  const stack = stacking<number>(limit, bounds);
  let passes = 0;
  do {
    passes += 1;
    for (const [machine, values] of all.entries()) {
      for (const value of [...values, ...values]) stack.add(value, machine);
    }
  } while (stack.next());
  return { ...stack.result(), passes };
}

function counted(all: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of all.flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

describe("a stack", () => {
  it("counts machines for each value, the rarest first, and names one of them", () => {
    fc.assert(
      fc.property(machines, fc.integer({ min: 1, max: 50 }), (all, limit) => {
        const { rarest, distinct, passes } = stacked(all, limit, ENOUGH);
        const counts = counted(all);
        expect(rarest.map(({ value, machines: on }) => [value, on])).toEqual(
          rarest.map(({ value }) => [value, counts.get(value)]),
        );
        const expected = [...counts.values()].toSorted((a, b) => a - b).slice(0, limit);
        expect(rarest.map(({ machines: on }) => on)).toEqual(expected);
        for (const { value, example } of rarest) expect(all[example]).toContain(value);
        expect(distinct).toEqual({ count: counts.size, atLeast: false });
        expect(passes).toBe(1);
      }),
    );
  });

  it("says the same when it has room for a few values only", () => {
    const bounds = fc.oneof(
      fc.integer({ min: 1, max: 8 }).map((values) => ({ values, characters: 10_000 })),
      fc.integer({ min: 1, max: 20 }).map((characters) => ({ values: 1_000, characters })),
    );
    fc.assert(
      fc.property(machines, fc.integer({ min: 1, max: 50 }), bounds, (all, limit, few) => {
        const [narrow, wide] = [stacked(all, limit, few), stacked(all, limit, ENOUGH)];
        expect(narrow.rarest).toEqual(wide.rarest);
        expect(narrow.distinct.count).toBeLessThanOrEqual(wide.distinct.count);
        expect(narrow.distinct.atLeast || narrow.distinct.count === wide.distinct.count).toBe(true);
      }),
    );
  });

  it("is done early once nothing can be rarer", () => {
    const values = Array.from({ length: 1_000 }, (_, at) => `v${at}`);
    const early = stacked([values], 5, { values: 100, characters: 100_000 });
    expect(early.passes).toBe(1);
    expect(early.distinct.atLeast).toBe(true);
    const twice = stacked([values, values], 5, { values: 100, characters: 100_000 });
    expect(twice.passes).toBeGreaterThan(9);
    expect(twice.distinct).toEqual({ count: 1_000, atLeast: false });
  });
});
