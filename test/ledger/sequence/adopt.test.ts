import { describe, expect, it } from "vitest";
import { adopt } from "../../../shared/ledger/sequence/adopt.ts";
import { aSequence, START_MS } from "../a-sequence.ts";

describe("a sequence that takes the action of an earlier attempt", () => {
  it.each([
    ["the record counts attempts", { attempt: 2, attempts: 4 }, 4],
    ["it was written before attempts were counted", { attempt: 3, attempts: 0 }, 3],
  ])("stands at that attempt, and forgets none that it made, if %s", (_, made, attempts) => {
    const found = { actionId: "first", attempt: 1, claimedAtMs: START_MS };
    expect(adopt(aSequence(made), found, START_MS + 9)).toMatchObject({
      state: "submitted",
      ...found,
      attempts,
      submittedAtMs: START_MS + 9,
    });
  });
});
