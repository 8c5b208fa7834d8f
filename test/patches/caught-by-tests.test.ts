import { beforeAll, describe, expect, it } from "vitest";
import { ALL_PATCHES } from "./all.ts";
import { isTested } from "./patch.ts";
import { verdicts, type Verdict } from "./tested.ts";

const PATCHES = ALL_PATCHES.filter(isTested).map(
  ({ name, caughtBy }) => [name, caughtBy.test] as const,
);

describe("a program is seen through that", () => {
  let came: ReadonlyMap<string, Verdict>;
  beforeAll(async () => {
    came = await verdicts();
  });

  it.each(PATCHES)("%s, by %s", (name) => {
    const verdict = came.get(name);
    expect(verdict?.errors).toEqual([]);
    expect(verdict?.failed).not.toEqual([]);
  });
});
