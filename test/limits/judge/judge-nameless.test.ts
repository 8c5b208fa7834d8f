import { describe, expect, it } from "vitest";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { isNews, judge, type Listing } from "../../../shared/limits/judge/judge.ts";
import { factsOf, sessionOf } from "../../../shared/limits/pace/session.ts";
import { aClaimed, anActionOf, aSubmitted, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const MINUTE_MS = 60_000;

function listing(action: MachineAction | null, afterMs = 1_000): Listing {
  return {
    action,
    nowMs: START_MS + afterMs,
    othersWait: false,
    requestors: [],
    pickupMs: null,
    lagMs: 0,
  };
}

/** An action of the commands, machine and time of ours, but for what is told; no comment on it. */
function nameless(more: Partial<MachineAction> = {}): MachineAction {
  return { ...anActionOf(aSubmitted(), "InProgress"), comment: null, ...more };
}

const typed = (...types: readonly string[]) =>
  nameless().commands.map((each, index) => withType(each, types[index] ?? each.type));

describe("an action without a comment", () => {
  it.each([
    ["is as ours would be", {}],
    ["tells no machine", { machineId: null }],
    ["tells no commands", { commands: [] }],
    ["tells of one command only", { commands: typed().slice(1, 2) }],
    [
      "leaves out what kind a command is",
      { commands: nameless().commands.map((each) => withType(each, null)) },
    ],
    ["tells no time", { createdAtMs: null }],
    ["was created a minute before our claim, by Defender's clock", { createdAtMs: -MINUTE_MS }],
  ])("is taken for ours if it %s", (_, more) => {
    expect(judge(aSubmitted(), listing(nameless(timed(more))), LIMITS)).toEqual({ kind: "leave" });
  });

  it.each([
    ["is on another machine", { machineId: "f".repeat(40) }],
    ["has one command of another kind", { commands: typed("PutFile", "GetFile", "GetFile") }],
    ["has none of the kind of ours", { commands: typed("GetFile", "PutFile", "RunScript") }],
    ["has one command more", { commands: [...typed(), { ...one(), index: 3, type: "GetFile" }] }],
    ["is more than a minute older than our claim", { createdAtMs: -MINUTE_MS - 1 }],
  ])("is somebody else's if it %s", (_, more) => {
    expect(judge(aSubmitted(), listing(nameless(timed(more))), LIMITS)).toMatchObject({
      kind: "move",
      after: { state: "waiting", busyTimes: 1, reason: { code: "machineBusy" } },
    });
  });

  it("is not too old for a sequence of which nobody wrote when it was claimed", () => {
    const record = aSubmitted({ claimedAtMs: null });
    expect(judge(record, listing(nameless({ createdAtMs: 1 })), LIMITS).kind).toBe("leave");
  });

  it("is news, for only the record can tell whose it is", () => {
    const facts = factsOf(sessionOf(aSubmitted()));
    expect(facts !== null && isNews(facts, listing(nameless()), LIMITS)).toBe(true);
  });
});

function newsOf(record: SequenceRecord, of: Listing): boolean | null {
  const facts = factsOf(sessionOf(record));
  return facts === null ? null : isNews(facts, of, LIMITS);
}

const open = (record: SequenceRecord) => anActionOf(record, "InProgress");

describe("what the budget knows of a session", () => {
  it("makes a claim news only when its answer is overdue, whatever is listed", () => {
    const claimed = aClaimed();
    expect(newsOf(claimed, listing(open(claimed), 47_000))).toBe(false);
    expect(newsOf(claimed, listing(open(claimed), 47_001))).toBe(true);
    expect(newsOf(aClaimed({ claimedAtMs: null }), listing(null, 47_001))).toBe(false);
  });

  it("makes a lost answer news at every look", () => {
    const lost = aClaimed({ state: "unconfirmed" });
    expect(newsOf(lost, listing(null))).toBe(true);
    expect(newsOf(lost, listing(open(lost)))).toBe(true);
  });

  it("makes an action that is not listed news when it is ten minutes old, if that is known", () => {
    expect(newsOf(aSubmitted(), listing(null, 10 * MINUTE_MS))).toBe(false);
    expect(newsOf(aSubmitted(), listing(null, 10 * MINUTE_MS + 1))).toBe(true);
    expect(newsOf(aSubmitted({ submittedAtMs: null }), listing(null, 10 * MINUTE_MS + 1))).toBe(
      false,
    );
    const unknown = aSubmitted({ actionId: null });
    expect(judge(unknown, listing(null, 10 * MINUTE_MS + 1), LIMITS).kind).toBe("leave");
  });
});

describe("a claim that is given back", () => {
  it("is ready again, and gives no reason", () => {
    const lost = aClaimed({ state: "unconfirmed" });
    expect(judge(lost, listing(null, 180_001), LIMITS)).toMatchObject({
      after: { state: "waiting", place: { kind: "ready" }, reason: null },
    });
    const undated = aClaimed({ state: "unconfirmed", claimedAtMs: null });
    expect(judge(undated, listing(null, 0), LIMITS)).toMatchObject({ after: { state: "waiting" } });
  });
});

function withType(command: MachineAction["commands"][number], type: string | null) {
  return { ...command, type };
}

function one(): MachineAction["commands"][number] {
  return {
    index: 0,
    type: null,
    parameters: null,
    status: "Created",
    startedAtMs: null,
    endedAtMs: null,
    errors: [],
  };
}

/** Times are told from the claim on. */
function timed(more: Partial<MachineAction>): Partial<MachineAction> {
  const { createdAtMs } = more;
  return typeof createdAtMs === "number" ? { ...more, createdAtMs: START_MS + createdAtMs } : more;
}
