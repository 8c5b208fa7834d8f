import { describe, expect, it } from "vitest";

import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import {
  holdsMachine,
  holdsSession,
  type SequenceRecord,
} from "../../../shared/ledger/sequence/sequence.ts";
import { aSubmitted, anActionOf, HOUR_MS, START_MS, type CommandReads } from "../a-sequence.ts";

const NOW_MS = START_MS + 60_000;
const PARK_MS = NOW_MS + HOUR_MS;
const PATIENCE_MS = 900_000;
const OFFLINE = { parkUntilMs: PARK_MS, patienceMs: PATIENCE_MS };
const DONE = ["completed", "completed", "completed"] as const;
const UNTOUCHED = ["created", "created", "created"] as const;
const HALF = ["completed", "completed", "created"] as const;

const TWO_PARTS = [
  [{ type: "RunScript", scriptName: "first.ps1", args: null }],
  [{ type: "PutFile", fileName: "tool.exe" }],
] satisfies SequenceRecord["parts"];

function cancel(why: "asked" | "offline" | "expired"): NonNullable<SequenceRecord["cancel"]> {
  return { by: why === "asked" ? "ana" : "lrq", why, atMs: START_MS, sent: true };
}

function concluded(
  overrides: Partial<SequenceRecord>,
  status: string,
  commands: readonly CommandReads[],
  nowMs = NOW_MS,
): SequenceRecord {
  const record = aSubmitted(overrides);
  return conclude(record, anActionOf(record, status, commands), nowMs, OFFLINE);
}

const owed = (record: SequenceRecord) =>
  record.results.map(({ part, index, type }) => [part, index, type]);

describe("an action that has ended", () => {
  const offline = { cancel: cancel("offline") };
  const expiry = { cancel: cancel("expired"), expiresAtMs: NOW_MS };
  const late = { ...offline, expiresAtMs: NOW_MS };
  const asked = { cancel: cancel("asked") };
  it.each([
    ["Succeeded", {}, DONE, "succeeded", null],
    ["Succeeded without its commands listed", {}, [], "succeeded", null],
    [
      "Succeeded with a failed command",
      {},
      ["completed", "failed", "completed"],
      "failed",
      "commandFailed",
    ],
    ["Failed at a command", {}, ["completed", "failed", "created"], "failed", "commandFailed"],
    ["Failed before any command", {}, UNTOUCHED, "failed", "actionFailed"],
    ["TimeOut on a machine never reached", {}, UNTOUCHED, "waiting", null],
    [
      "TimeOut never reached, at expiry",
      { expiresAtMs: NOW_MS },
      UNTOUCHED,
      "timedOut",
      "notReached",
    ],
    [
      "TimeOut during a command",
      {},
      ["completed", "running", "created"],
      "timedOut",
      "commandTimedOut",
    ],
    [
      "TimeOut after a command without start",
      {},
      ["completedWithoutStart", "created", "created"],
      "timedOut",
      "commandTimedOut",
    ],
    ["TimeOut with commands not listed", {}, [], "timedOut", "commandTimedOut"],
    ["TimeOut with some commands not listed", {}, ["created"], "timedOut", "commandTimedOut"],
    ["TimeOut never reached, when asked to cancel", asked, UNTOUCHED, "cancelled", "cancelled"],
    ["Cancelled, as asked", asked, UNTOUCHED, "cancelled", "cancelled"],
    ["Cancelled by others", {}, HALF, "cancelled", "cancelled"],
    ["Cancelled too late", asked, DONE, "succeeded", null],
    ["Cancelled too late for an offline machine", offline, DONE, "succeeded", null],
    ["Cancelled while offline", offline, UNTOUCHED, "waiting", null],
    ["Cancelled while offline, at expiry", late, UNTOUCHED, "expired", "expired"],
    ["Cancelled for expiry", expiry, UNTOUCHED, "expired", "expired"],
    [
      "Cancelled for expiry, by a clock that is ahead",
      { cancel: cancel("expired") },
      UNTOUCHED,
      "expired",
      "expired",
    ],
    ["Cancelled while offline, but half done", offline, HALF, "failed", "interrupted"],
    ["Cancelled for expiry, but half done", expiry, HALF, "failed", "interrupted"],
    ["Cancelled while offline, commands not listed", offline, [], "failed", "interrupted"],
  ] as const)("%s means what it should", (name, overrides, commands, state, code) => {
    const after = concluded(overrides, name.split(/[ ,]/)[0] ?? "", commands);
    expect(after.state).toBe(state);
    expect(after.outcome?.code ?? null).toBe(code);
    expect(holdsSession(after)).toBe(false);
  });

  it("that Defender calls Failed after a long wait without a start means an offline machine", () => {
    const record = aSubmitted();
    const endedAfter = (
      ms: number,
      nowMs = NOW_MS,
      commands: readonly CommandReads[] = UNTOUCHED,
    ) =>
      conclude(
        record,
        { ...anActionOf(record, "Failed", commands), updatedAtMs: START_MS + ms },
        nowMs,
        OFFLINE,
      );
    expect(endedAfter(PATIENCE_MS + 1)).toMatchObject({
      state: "waiting",
      place: { kind: "later", dueAtMs: PARK_MS },
      reason: { code: "offline", times: 1 },
    });
    expect(endedAfter(PATIENCE_MS)).toMatchObject({
      state: "failed",
      outcome: { code: "actionFailed" },
    });
    expect(endedAfter(PATIENCE_MS + 1, record.expiresAtMs)).toMatchObject({
      state: "failed",
      outcome: { code: "notReached" },
    });
    const begun = endedAfter(PATIENCE_MS + 1, NOW_MS, ["failed", "created", "created"]);
    expect(begun).toMatchObject({ state: "failed", outcome: { code: "commandFailed" } });
  });

  it.each([
    ["from its creation, by Defender's clock", START_MS, START_MS + PATIENCE_MS + 1, "waiting"],
    ["from our POST, if Defender tells no creation", null, START_MS + PATIENCE_MS + 1, "waiting"],
    [
      "from its creation, though our POST is older",
      START_MS + 1,
      START_MS + PATIENCE_MS + 1,
      "failed",
    ],
    ["in vain, if Defender does not tell when it ended", START_MS, null, "failed"],
  ])("that failed untouched has its wait measured %s", (_, createdAtMs, updatedAtMs, state) => {
    const record = aSubmitted();
    const action = { ...anActionOf(record, "Failed"), createdAtMs, updatedAtMs };
    expect(conclude(record, action, NOW_MS, OFFLINE).state).toBe(state);
    const undated = aSubmitted({ submittedAtMs: null });
    const none = { ...action, createdAtMs: null };
    expect(conclude(undated, none, NOW_MS, OFFLINE).state).toBe("failed");
  });

  it("that failed is failed, though all its commands completed", () => {
    const after = concluded({}, "Failed", DONE);
    expect(after).toMatchObject({ state: "failed", outcome: { code: "actionFailed" } });
    expect(owed(after)).toHaveLength(2);
  });

  it("is refused while its status is not final, known or not", () => {
    for (const status of ["Pending", "InProgress", "Cancelling", "succeeded"]) {
      expect(() => concluded({}, status, DONE)).toThrow("not final");
    }
  });
});

describe("a machine found offline", () => {
  it("parks its sequence, counted, to run as a new attempt", () => {
    const before = { offlineTimes: 1, lane: 0, cancel: cancel("offline") } as const;
    expect(concluded(before, "Cancelled", UNTOUCHED)).toMatchObject({
      state: "waiting",
      lane: 0,
      offlineTimes: 2,
      place: { kind: "later", dueAtMs: PARK_MS },
      reason: { code: "offline", sinceMs: NOW_MS, times: 2 },
      cancel: null,
      actionId: null,
      attempt: 1,
      results: [],
    });
  });
});

describe("a sequence in parts", () => {
  const one = { parts: [...TWO_PARTS], part: 0 };

  it("goes on with the next part at the head of its lane, keeping the machine", () => {
    const after = concluded(one, "Succeeded", ["completed"]);
    expect(after).toMatchObject({ state: "waiting", part: 1, attempt: 0, pass: 0, lane: 1 });
    expect(after.place).toEqual({ kind: "ready" });
    expect(owed(after)).toEqual([[0, 0, "RunScript"]]);
    expect(holdsMachine(after)).toBe(true);
  });

  it("succeeds with its last part, and lets the machine go", () => {
    const first = concluded(one, "Succeeded", ["completed"]);
    const after = concluded({ ...first, ...aSubmitted(one), part: 1 }, "Succeeded", ["completed"]);
    expect(after).toMatchObject({ state: "succeeded", part: 1, outcome: null });
    expect(holdsMachine(after)).toBe(false);
  });

  it("stops at a part that failed, but keeps what earlier parts left", () => {
    const first = concluded(one, "Succeeded", ["completed"]);
    const second = { ...first, state: "submitted", place: null } as const;
    const after = concluded(second, "Failed", ["failed"]);
    expect(after.state).toBe("failed");
    expect(owed(after)).toEqual([[0, 0, "RunScript"]]);
    expect(after.progress.map(({ part, status }) => [part, status])).toEqual([
      [0, "Completed"],
      [1, "Failed"],
    ]);
  });

  it("is cancelled, not succeeded, when the cancel was too late only for this part", () => {
    const after = concluded({ ...one, cancel: cancel("asked") }, "Cancelled", ["completed"]);
    expect(after).toMatchObject({ state: "cancelled", outcome: { code: "cancelled" } });
    expect(owed(after)).toEqual([[0, 0, "RunScript"]]);
  });

  it("does not hand on to the next part a cancel that came too late for this one", () => {
    const after = concluded({ ...one, cancel: cancel("offline") }, "Cancelled", ["completed"]);
    expect(after).toMatchObject({ state: "waiting", part: 1, cancel: null });
  });
});

describe("results", () => {
  it.each([
    ["all that ran to the end", "Succeeded", DONE, [1, 2]],
    ["all of a success whose commands are not listed", "Succeeded", [], [1, 2]],
    ["all of a success whose commands still read Created", "Succeeded", UNTOUCHED, [1, 2]],
    [
      "those before a failure and the failed one",
      "Failed",
      ["completed", "failed", "created"],
      [1],
    ],
    ["the last, which failed", "Failed", ["completed", "completed", "failed"], [1, 2]],
    ["none when a PutFile failed", "Failed", ["failed", "created", "created"], []],
    ["none when nothing ran", "Cancelled", UNTOUCHED, []],
  ] as const)("are owed for %s, never for a PutFile", (_, status, commands, indexes) => {
    const after = concluded({}, status, commands);
    expect(after.results.map((each) => each.index)).toEqual(indexes);
    for (const each of after.results) {
      expect(each).toMatchObject({ state: "owed", actionId: "action-1", tries: 0 });
      expect(each.type).not.toBe("PutFile");
    }
  });
});
