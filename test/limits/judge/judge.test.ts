import { describe, expect, it } from "vitest";

import {
  isTerminal,
  SEQUENCE_STATES,
  type SequenceRecord,
} from "../../../shared/ledger/sequence/sequence.ts";
import { judge, type Listing } from "../../../shared/limits/judge/judge.ts";
import { aClaimed, anActionOf, aSubmitted, HOUR_MS, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";
import { inShort, judged } from "./judging.ts";

/** Fence, timeout and margin: the answer to a POST is awaited no longer. */
const OVERDUE_MS = 47_000;
const DONE = ["completed", "completed", "completed"] as const;

const asked = { by: "ana", why: "asked", atMs: START_MS + 1, sent: false } as const;
const unconfirmed = (more: Partial<SequenceRecord> = {}) =>
  aClaimed({ state: "unconfirmed", ...more });
const of = (status: string, ...reads: Parameters<typeof anActionOf>[2][]) =>
  anActionOf(aSubmitted(), status, ...reads);

describe("a sequence that is not open", () => {
  it("is left alone whatever the list shows", () => {
    for (const state of SEQUENCE_STATES.filter((each) => isTerminal({ state: each }))) {
      expect(judged(aSubmitted({ state }), of("Succeeded", DONE), HOUR_MS)).toEqual({
        kind: "leave",
      });
    }
    expect(judged(aSubmitted({ state: "waiting" }), of("Failed"), HOUR_MS).kind).toBe("leave");
  });
});

describe("a claimed sequence", () => {
  it.each([
    ["young, not listed", {}, null, OVERDUE_MS, "leave"],
    ["young, listed", {}, of("InProgress"), OVERDUE_MS, "leave"],
    ["overdue, not listed", {}, null, OVERDUE_MS + 1, "move unconfirmed"],
    ["overdue, listed as open", {}, of("Pending"), OVERDUE_MS + 1, "move submitted"],
    ["overdue, listed as over", {}, of("Succeeded", DONE), OVERDUE_MS + 1, "move succeeded"],
    ["past the guard, not listed", {}, null, 180_001, "move waiting"],
    ["past the guard, not listed, unwanted", { cancel: asked }, null, 180_001, "move cancelled"],
    [
      "overdue, listed, unwanted",
      { cancel: asked },
      of("Pending"),
      OVERDUE_MS + 1,
      "cancel submitted",
    ],
  ] as const)("%s", (_, more, action, afterMs, expected) => {
    expect(inShort(judged(aClaimed(more), action, afterMs))).toBe(expected);
  });
});

describe("an unconfirmed sequence", () => {
  it.each([
    ["before the guard, not listed", {}, null, 180_000, "leave"],
    ["before the guard, not listed, unwanted", { cancel: asked }, null, 180_000, "leave"],
    ["past the guard, not listed", {}, null, 180_001, "move waiting"],
    ["past the guard, not listed, unwanted", { cancel: asked }, null, 180_001, "move cancelled"],
    ["listed as open", {}, of("InProgress"), 5_000, "move submitted"],
    ["listed long after", {}, of("InProgress"), HOUR_MS, "move submitted"],
    ["listed as failed", {}, of("Failed", ["failed", "created", "created"]), 5_000, "move failed"],
    ["listed, unwanted", { cancel: asked }, of("InProgress"), 5_000, "cancel submitted"],
  ] as const)("%s", (_, more, action, afterMs, expected) => {
    expect(inShort(judged(unconfirmed(more), action, afterMs))).toBe(expected);
  });

  it("takes the id of the action it finds", () => {
    const judgement = judged(unconfirmed(), { ...of("Pending"), id: "found" }, 5_000);
    expect(judgement).toMatchObject({
      after: { actionId: "found", submittedAtMs: START_MS + 5_000 },
    });
  });

  it("is never given back while its POST may still arrive, however short the guard is set", () => {
    const eager = someLimits({ guardMs: 0 });
    expect(judge(unconfirmed(), notListed(32_000), eager)).toEqual({ kind: "leave" });
    expect(inShort(judge(unconfirmed(), notListed(32_001), eager))).toBe("move waiting");
    expect(judge(aClaimed(), notListed(OVERDUE_MS), eager)).toEqual({ kind: "leave" });
  });
});

function notListed(afterMs: number): Listing {
  return {
    action: null,
    nowMs: START_MS + afterMs,
    othersWait: true,
    requestors: [],
    pickupMs: null,
    lagMs: 0,
  };
}
