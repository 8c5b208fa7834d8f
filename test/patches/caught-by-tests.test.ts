import { beforeAll, describe, expect, it } from "vitest";
import { ALL_PATCHES } from "./all.ts";
import { isTested } from "./patch.ts";
import { verdicts, type Verdict } from "./tested.ts";

const HANGS_MS = 1_800_000;
const PATCHES = ALL_PATCHES.filter(isTested).map(
  ({ name, caughtBy }) => [name, caughtBy.test] as const,
);

describe("a program is seen through that", () => {
  let came: ReadonlyMap<string, Verdict>;
  beforeAll(async () => {
    came = await verdicts();
    // One run of many test files: it is much longer than any test.
  }, HANGS_MS);

  it.each(PATCHES)("%s, by %s", (name) => {
    const verdict = came.get(name);
    expect(verdict?.errors).toEqual([]);
    expect(verdict?.failed).not.toEqual([]);
  });
});
