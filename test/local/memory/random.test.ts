import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createSeededRandom } from "../../../local/memory/random.ts";

const drawn = (seed: number, count: number): number[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random.fraction());
};

it("the same seed gives the same course, another seed another one", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (seed, other) => {
      fc.pre(seed !== other);
      expect(drawn(seed, 20)).toEqual(drawn(seed, 20));
      expect(drawn(other, 20)).not.toEqual(drawn(seed, 20));
    }),
  );
});

it("fractions lie in [0, 1) and are spread evenly over it", () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const fraction of drawn(7, 100_000)) {
    expect(fraction >= 0 && fraction < 1).toBe(true);
    const tenth = Math.floor(fraction * 10);
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  // Ten standard deviations of a fair draw are about 950.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(950);
});

it("identifiers are 128 bits in hex and do not come twice", () => {
  const random = createSeededRandom(1);
  const ids = Array.from({ length: 10_000 }, () => random.id());
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
});
