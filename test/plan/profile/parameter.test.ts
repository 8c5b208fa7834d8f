import { describe, expect, it } from "vitest";
import { resolveValues } from "../../../shared/plan/profile/parameter.ts";
import { profileWith } from "../shipped.ts";

describe("values", () => {
  const declared = profileWith({
    parameters: {
      days: { description: "Days.", maxLength: 2, pattern: "[0-9]+", default: "7" },
      mode: { description: "How to look.", maxLength: 10, enum: ["fast", "full"] },
    },
    commands: [{ type: "RunScript", scriptName: "a.ps1", args: "{{days}} {{mode}}" }],
  }).parameters;

  it("are filled in from defaults", () => {
    expect(resolveValues(declared, { mode: "fast" })).toEqual({
      kind: "resolved",
      values: { days: "7", mode: "fast" },
    });
  });

  it("are looked up among what was sent, not among what objects inherit", () => {
    const rule = { description: "C.", maxLength: 9, default: "d" };
    expect(resolveValues({ constructor: rule }, {})).toEqual({
      kind: "resolved",
      values: { constructor: "d" },
    });
  });

  it.each([
    ["a parameter left out", {}, "parameters.mode"],
    ["one the profile does not take", { mode: "fast", x: "1" }, "parameters.x"],
    [
      "one named like an inherited field",
      { mode: "fast", constructor: "1" },
      "parameters.constructor",
    ],
    ["one not among its choices", { mode: "slow" }, "parameters.mode"],
    ["one longer than it may be", { mode: "fast", days: "100" }, "parameters.days"],
    ["one that matches its pattern only in part", { mode: "fast", days: "1x" }, "parameters.days"],
    ["one with a line break behind the match", { mode: "fast", days: "1\n" }, "parameters.days"],
  ])("are refused with %s", (_name, given, path) => {
    expect(resolveValues(declared, given)).toMatchObject({ kind: "invalid", problems: [{ path }] });
  });

  // An engine with backtracking tries every way to divide the letters, and does not end.
  it.each(["((a+))+", "(a+)+", "(a|a)*", "(a*)*b", "(?:a?){200}a{200}"])(
    "are compared with %s in one pass",
    (pattern) => {
      const rule = { text: { description: "A.", maxLength: 256, pattern } };
      expect(resolveValues(rule, { text: `${"a".repeat(255)}!` })).toMatchObject({
        kind: "invalid",
        problems: [{ path: "parameters.text" }],
      });
    },
  );
});
