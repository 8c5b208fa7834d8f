import { describe, expect, it } from "vitest";
import type {
  ActionCommand,
  MachineAction,
} from "../../../shared/ledger/sequence/machine-action.ts";
import { commentFor, markOf } from "../../../shared/ledger/sequence/mark.ts";
import { claim, giveBack, loseAnswer, submit } from "../../../shared/ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { isPresent, ownerOf, presentIn } from "../../../shared/limits/judge/judge-owner.ts";
import { longestGuardMs } from "../../../shared/limits/pace/list-lag.ts";
import { factsOf, sessionOf } from "../../../shared/limits/pace/session.ts";
import { A_NONCE, aClaimed, anActionOf, aSequence, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const LIMITS = someLimits();
const ABOUT = { requestors: ["lrq"], limits: LIMITS };
const CLAIMED = claim(aSequence(), START_MS, A_NONCE);
const OWN = { ...anActionOf(CLAIMED, "InProgress"), id: "own" };
const SUBMITTED = submit(loseAnswer(CLAIMED), "own", START_MS + 1_000);
const MINUTE_MS = 60_000;

/** The word for it: ours, foreign, or what does not fit. */
function word(record: SequenceRecord, more: Partial<MachineAction>, about = ABOUT): string {
  const owner = ownerOf(record, { ...OWN, ...more }, about);
  return owner.kind === "impersonation" ? owner.why : owner.kind;
}

const marked = (part: number, attempt: number, nonce: string | null = null) =>
  commentFor({ ...markOf(CLAIMED), part, attempt }, nonce, "");
const withCommand = (at: number, more: Partial<ActionCommand>): ActionCommand[] =>
  OWN.commands.map((each, index) => (index === at ? { ...each, ...more } : each));

describe("an action is ours", () => {
  it.each([
    ["if all that Defender says of it fits", {}],
    ["if Defender leaves out what else there is", { machineId: null, requestor: null }],
    ["if Defender leaves out when it was made", { createdAtMs: null }],
    ["if Defender does not list its commands yet", { commands: [] }],
    ["if Defender leaves out parameters", { commands: withCommand(1, { parameters: null }) }],
    ["a minute before the claim, by Defender's clock", { createdAtMs: START_MS - MINUTE_MS }],
    ["until the guard can be over", { createdAtMs: START_MS + longestGuardMs(LIMITS) + MINUTE_MS }],
  ])("%s", (_, more) => {
    for (const record of [CLAIMED, loseAnswer(CLAIMED), SUBMITTED]) {
      expect(word(record, more)).toBe("ours");
    }
  });

  it("whatever Defender calls us, while nothing is known of that", () => {
    const unknown = { ...ABOUT, requestors: [] };
    expect(word(CLAIMED, { requestor: "somebody" }, unknown)).toBe("ours");
  });

  it("by its id and nonce, for Defender gave the id to the POST that brought the nonce", () => {
    const changed = { requestor: "renamed", commands: withCommand(1, { parameters: {} }) };
    expect(word(SUBMITTED, changed)).toBe("ours");
    expect(word(CLAIMED, changed)).toBe("commands");
  });

  it("if an earlier attempt made it, and it is not the present one then", () => {
    const again = claim(giveBack(loseAnswer(CLAIMED), { kind: "ready" }, null), START_MS, "0b");
    expect(word(again, {})).toBe("ours");
    expect(isPresent(again, OWN, ABOUT)).toBe(false);
    expect(isPresent(CLAIMED, OWN, ABOUT)).toBe(true);
  });
});

describe("an action with our mark is an impersonation", () => {
  it.each([
    ["attempt", { comment: marked(0, 0) }],
    ["attempt", { comment: marked(0, 2, A_NONCE) }],
    ["attempt", { comment: marked(1, 1) }],
    ["nonce", { comment: marked(0, 1) }],
    ["nonce", { comment: marked(0, 1, "0".repeat(32)) }],
    ["machine", { machineId: "f".repeat(40) }],
    ["commands", { commands: withCommand(0, { type: "GetFile" }) }],
    ["commands", { commands: withCommand(2, { parameters: { Path: "C:\\other" } }) }],
    [
      "commands",
      { commands: withCommand(1, { parameters: { ScriptName: "triage.ps1", Args: "x" } }) },
    ],
    ["commands", { commands: withCommand(0, { index: 3 }) }],
    ["time", { createdAtMs: START_MS - MINUTE_MS - 1 }],
    ["time", { createdAtMs: START_MS + longestGuardMs(LIMITS) + MINUTE_MS + 1 }],
    ["requestor", { requestor: "somebody" }],
  ])("by its %s: %j", (why, more) => {
    expect(word(CLAIMED, more)).toBe(why);
  });

  it("if its attempt has another action", () => {
    expect(word(SUBMITTED, { id: "copy" })).toBe("second");
    const parked = giveBack(SUBMITTED, { kind: "ready" }, null);
    expect(word(parked, { id: "copy" })).toBe("second");
    expect(word(claim(parked, START_MS, "0b"), { id: "copy" })).toBe("second");
  });

  it("if so many claims came after that its own is forgotten", () => {
    let record = CLAIMED;
    for (let at = 0; at < 40; at += 1) {
      record = claim(giveBack(loseAnswer(record), { kind: "ready" }, null), START_MS, "0b");
    }
    expect(record.claims).toHaveLength(30);
    expect(word(record, {})).toBe("attempt");
    expect(word(record, { comment: marked(0, 1) })).toBe("attempt");
  });
});

describe("an action is foreign", () => {
  it.each([
    ["without a comment, unless the answer to the POST named it", { comment: null }],
    ["with words of somebody else", { comment: "isolate" }],
    [
      "with the mark of another sequence",
      { comment: `[lrq:${"0".repeat(20)}.${"0".repeat(12)}.0.1]` },
    ],
  ])("%s", (_, more) => {
    expect(word(CLAIMED, more)).toBe("foreign");
  });

  it("without a comment, if something else does not fit", () => {
    expect(word(SUBMITTED, { comment: null })).toBe("ours");
    expect(word(SUBMITTED, { comment: null, machineId: "f".repeat(40) })).toBe("foreign");
  });
});

describe("the action of a claim that an older version of the app made", () => {
  const older = aClaimed({ attempt: 2, attempts: 2 });

  it.each([
    ["ours", { comment: marked(0, 2) }],
    ["ours", { comment: marked(0, 1) }],
    ["nonce", { comment: marked(0, 2, A_NONCE) }],
    ["attempt", { comment: marked(0, 3) }],
    ["attempt", { comment: marked(0, 0) }],
    ["machine", { comment: marked(0, 2), machineId: "f".repeat(40) }],
    ["commands", { comment: marked(0, 2), commands: withCommand(0, { type: "GetFile" }) }],
    ["time", { comment: marked(0, 2), createdAtMs: START_MS - MINUTE_MS - 1 }],
    ["time", { comment: marked(0, 1), createdAtMs: START_MS - MINUTE_MS - 1 }],
    ["requestor", { comment: marked(0, 2), requestor: "somebody" }],
  ])("is judged by all but the nonce: %s", (expected, more) => {
    expect(word(older, more)).toBe(expected);
  });

  it("stays so when this version claims again", () => {
    const record = claim(giveBack(loseAnswer(older), { kind: "ready" }, null), START_MS, A_NONCE);
    expect(word(record, { comment: marked(0, 2) })).toBe("ours");
    expect(word(record, { comment: marked(0, 3) })).toBe("nonce");
    expect(word(record, { comment: marked(0, 3, A_NONCE) })).toBe("ours");
  });
});

describe("the action of the present attempt", () => {
  it("is the oldest that fits, if there are copies", () => {
    const copy = { ...OWN, id: "copy", createdAtMs: START_MS + 1 };
    const undated = { ...OWN, id: "undated", createdAtMs: null };
    expect(presentIn(CLAIMED, [undated, copy, OWN], ABOUT)?.id).toBe("own");
    expect(presentIn(CLAIMED, [{ ...OWN, comment: marked(0, 1) }], ABOUT)).toBeNull();
  });

  it("is known by the glance in the budget as well, but for its commands", () => {
    const facts = factsOf(sessionOf(SUBMITTED));
    if (facts === null) throw new Error("there is no glance");
    expect(isPresent(facts, OWN, ABOUT)).toBe(true);
    expect(isPresent(facts, { ...OWN, id: "copy" }, ABOUT)).toBe(false);
    expect(isPresent(facts, { ...OWN, comment: marked(0, 1) }, ABOUT)).toBe(false);
  });
});
