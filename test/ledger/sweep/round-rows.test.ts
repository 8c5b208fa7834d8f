import { describe, expect, it } from "vitest";
import { roundRowsOf, roundRowsSchema } from "../../../shared/ledger/sweep/round-rows.ts";
import { profileWith } from "../../plan/shipped.ts";

const script = { type: "RunScript", scriptName: "a.ps1" };
const rows = { format: "csv", columns: [{ name: "path", type: "text", key: true }] };

describe("the rows of a round", () => {
  it("are those of its profiles that have rows, with the bounds that hold", () => {
    const [with2, without] = [
      profileWith({ commands: [script, { ...script, rows }] }),
      profileWith({ commands: [script] }),
    ];
    expect(
      roundRowsOf([
        { profile: without, hash: "a" },
        { profile: with2, hash: "b" },
      ]),
    ).toEqual([
      {
        profile: "sample",
        hash: "b",
        command: 1,
        form: { ...rows, atMost: { rows: 10_000, bytes: 1_048_576 } },
      },
    ]);
  });

  it("keep fields that a newer version has added", () => {
    const [kept] = roundRowsOf([
      { profile: profileWith({ commands: [{ ...script, rows }] }), hash: "b" },
    ]);
    const newer = { ...kept, later: 1, form: { ...kept?.form, later: 2 } };
    expect(roundRowsSchema.parse(newer)).toEqual(newer);
  });
});
