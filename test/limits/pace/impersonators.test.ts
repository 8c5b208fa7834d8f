import { describe, expect, it } from "vitest";
import { withImpersonator } from "../../../shared/limits/pace/impersonators.ts";
import { SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";

const HOUR_MS = 3_600_000;
const found = (actionId: string, atMs: number) => ({ actionId, sequenceId: SEQUENCE_ID, atMs });

describe("the impersonators that lrq remembers", () => {
  it("are those of the last hour", () => {
    const known = [found("old", START_MS), found("young", START_MS + 1)];
    expect(withImpersonator(known, found("new", START_MS + HOUR_MS))).toEqual([
      found("young", START_MS + 1),
      found("new", START_MS + HOUR_MS),
    ]);
  });

  it("have one entry for an action that two polls find, and what a later version wrote in it", () => {
    const known = [{ ...found("twice", START_MS), newer: true }];
    expect(withImpersonator(known, found("twice", START_MS + 1))).toEqual([
      { ...found("twice", START_MS + 1), newer: true },
    ]);
  });
});
