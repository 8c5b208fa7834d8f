import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsToStackBy } from "../../page/words/columns.ts";
import { share } from "../../page/words/share.ts";
import { visible } from "../../page/words/visible.ts";

describe("a share", () => {
  it.each([
    [0, 0, "0 %"],
    [999, 1_000, "99 %"],
    [3, 3, "100 %"],
  ])("of %i of %i is %s: only all is 100", (part, whole, text) => {
    expect(share(part, whole)).toBe(text);
  });
});

describe("the columns of a stack", () => {
  it.each([
    [
      ["kind", "place", "name", "command", "path", "signer", "signed"],
      ["signer", "path"],
    ],
    [
      ["kind", "path", "origin"],
      ["origin", "path"],
    ],
    [
      ["path", "signer", "origin"],
      ["signer", "origin", "path"],
    ],
    [["kind", "member", "via"], ["member"]],
    [["hive", "value"], ["hive"]],
  ])("of %j are %j until somebody chooses", (columns, chosen) => {
    expect(columnsToStackBy(columns)).toEqual(chosen);
  });
});

describe("a text of a machine", () => {
  it("has everything that cannot be seen written out", () => {
    expect(visible("exe.\u202Etxt\n\u0000\u{E0041}")).toBe(
      "exe.\\u202etxt\\u000a\\u0000\\u{e0041}",
    );
  });

  it("stays as it is if it can be seen, whatever it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7eäß日本]*$/), (text) => {
        expect(visible(text)).toBe(text);
      }),
    );
  });
});
