import { describe, expect, it } from "vitest";
import { ALL_PATCHES } from "./all.ts";
import { textOf, troubleOf, type Patch } from "./patch.ts";

describe("the planted bugs", () => {
  it("are at least 70, each with a name of its own", () => {
    const names = new Set(ALL_PATCHES.map(({ name }) => name));
    expect(names.size).toBe(ALL_PATCHES.length);
    expect(names.size).toBeGreaterThanOrEqual(70);
  });

  it("each fit their file", () => {
    const troubles = ALL_PATCHES.map((each) => troubleOf(each, textOf(each)));
    expect(troubles.filter((each) => each !== null)).toEqual([]);
  });
});

describe("a patch", () => {
  const patch: Patch = {
    name: "counts down",
    file: "shared/count.ts",
    snippet: "count + 1",
    replacement: "count - 1",
    caughtBy: { test: "test/count.test.ts" },
  };

  it("fits a text in which its snippet stands exactly once", () => {
    expect(troubleOf(patch, "return count + 1;")).toBeNull();
  });

  it.each([
    ["no longer", "return count;"],
    ["2 times", "return count + 1 + count + 1;"],
  ])("is refused when its snippet is there %s, in a sentence that says so", (times, text) => {
    const sentence = `The snippet of the patch "counts down" is ${times} in shared/count.ts`;
    expect(troubleOf(patch, text)).toContain(sentence);
  });

  it("is refused when its file is gone, in a sentence too", () => {
    expect(troubleOf(patch, null)).toContain('"counts down", shared/count.ts, is gone');
  });

  it("is refused when it changes nothing", () => {
    const empty = { ...patch, replacement: patch.snippet };
    expect(troubleOf(empty, "return count + 1;")).toContain("changes nothing");
  });
});
