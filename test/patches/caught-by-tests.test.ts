import { beforeAll, describe, expect, it } from "vitest";
import { ALL_PATCHES } from "./all.ts";
import { isTested } from "./patch.ts";
import { verdicts, type Verdict } from "./tested.ts";

const HANGS_MS = 1_800_000;
const PATCHES = ALL_PATCHES.filter(isTested);
const CASES = PATCHES.map(({ name, caughtBy }, place) => [name, caughtBy.test, place] as const);

describe("a program is seen through that", () => {
  let came: readonly (Verdict | undefined)[];
  beforeAll(async () => {
    came = await verdicts(PATCHES);
    // One run of many test files: it is much longer than any test.
  }, HANGS_MS);

  it.each(CASES)("%s, by %s", (_name, _test, place) => {
    expect(came[place]?.errors).toEqual([]);
    expect(came[place]?.failed).not.toEqual([]);
  });
});
