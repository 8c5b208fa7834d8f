import { describe, expect, it } from "vitest";

import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import { type SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { isNews, judge, type Listing } from "../../../shared/limits/judge/judge.ts";
import { factsOf, sessionOf } from "../../../shared/limits/pace/session.ts";
import { anActionOf, aSubmitted, HOUR_MS, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";
import { inShort, judged } from "./judging.ts";

const LIMITS = someLimits();
const MINUTE_MS = 60_000;
const DONE = ["completed", "completed", "completed"] as const;

const asked = { by: "ana", why: "asked", atMs: START_MS + 1, sent: false } as const;
const of = (status: string, ...reads: Parameters<typeof anActionOf>[2][]) =>
  anActionOf(aSubmitted(), status, ...reads);
const foreign = (comment: string): MachineAction => ({ ...of("InProgress"), comment });
const NAMELESS: MachineAction = { ...of("InProgress"), comment: null, machineId: null };

describe("a submitted sequence", () => {
  const sent = { ...asked, sent: true };
  const EXPIRED_MS = 72 * HOUR_MS;
  it.each([
    ["pending", {}, of("Pending"), 1_000, true, "leave"],
    [
      "pending, at the end of patience, others waiting",
      {},
      of("Pending"),
      15 * MINUTE_MS,
      true,
      "leave",
    ],
    [
      "pending, past patience, others waiting",
      {},
      of("Pending"),
      15 * MINUTE_MS + 1,
      true,
      "cancel submitted",
    ],
    ["pending, past patience, nobody waiting", {}, of("Pending"), 10 * HOUR_MS, false, "leave"],
    [
      "pending, at its expiry, nobody waiting",
      {},
      of("Pending"),
      EXPIRED_MS,
      false,
      "cancel submitted",
    ],
    ["in progress, past patience and expiry", {}, of("InProgress"), EXPIRED_MS, true, "leave"],
    ["in a status nobody knows, past patience", {}, of("Queued"), 16 * MINUTE_MS, true, "leave"],
    ["unwanted, pending", { cancel: asked }, of("Pending"), 1_000, false, "cancel submitted"],
    [
      "unwanted, in progress",
      { cancel: asked },
      of("InProgress"),
      1_000,
      false,
      "cancel submitted",
    ],
    ["unwanted, cancel already sent", { cancel: sent }, of("Pending"), 1_000, true, "leave"],
    ["unwanted, cancelled", { cancel: sent }, of("Cancelled"), 1_000, true, "move cancelled"],
    ["unwanted, but done", { cancel: sent }, of("Cancelled", DONE), 1_000, true, "move succeeded"],
    ["succeeded", {}, of("Succeeded", DONE), 1_000, false, "move succeeded"],
    ["failed", {}, of("Failed", ["failed", "created", "created"]), 1_000, false, "move failed"],
    ["timed out, never reached", {}, of("TimeOut"), 1_000, false, "move waiting"],
    [
      "timed out while running",
      {},
      of("TimeOut", ["running", "created", "created"]),
      1_000,
      false,
      "move timedOut",
    ],
    ["not listed, young", {}, null, 10 * MINUTE_MS, true, "leave"],
    ["not listed, old", {}, null, 10 * MINUTE_MS + 1, true, "ask"],
    ["without a comment", {}, { ...of("InProgress"), comment: null }, 1_000, false, "leave"],
    ["somebody else's after all", {}, foreign("isolate"), 1_000, false, "move waiting"],
    [
      "somebody else's after all, unwanted",
      { cancel: asked },
      foreign(""),
      1_000,
      false,
      "move cancelled",
    ],
    [
      "somebody else's, ended",
      {},
      { ...of("Succeeded", DONE), comment: "x" },
      1_000,
      false,
      "move waiting",
    ],
    [
      "without a comment, on another machine",
      {},
      { ...of("InProgress"), comment: null, machineId: "f".repeat(40) },
      1_000,
      false,
      "move waiting",
    ],
    ["without a comment or a machine", {}, NAMELESS, 1_000, false, "leave"],
    ["of an earlier attempt", { attempt: 2 }, of("InProgress"), 1_000, false, "move waiting"],
    [
      "of an earlier part",
      { part: 1, parts: twoParts() },
      of("InProgress"),
      1_000,
      false,
      "move waiting",
    ],
  ] as const)("%s", (_, more, action, afterMs, others, expected) => {
    const record = aSubmitted(more);
    expect(inShort(judged(record, action, afterMs, others))).toBe(expected);
    // What the budget keeps of it is enough to tell whether the record has to be read.
    const listing: Listing = {
      action,
      nowMs: START_MS + afterMs,
      othersWait: others,
      requestors: [],
      pickupMs: null,
      lagMs: 0,
    };
    const facts = factsOf(sessionOf(record));
    const onlyRecordTells = action !== null && action.comment === null;
    const news = facts !== null && isNews(facts, listing, LIMITS);
    expect(news).toBe(expected !== "leave" || onlyRecordTells);
  });

  it.each([
    ["twice the lag", "ask", 11, 22.1],
    ["twice the lag, and not before", "leave", 11, 22],
    ["ten minutes where lists are fast", "ask", 1, 10.1],
  ])("is missed after %s where lists lag: %s", (_, expected, lagMinutes, afterMinutes) => {
    const listing: Listing = {
      action: null,
      nowMs: START_MS + afterMinutes * MINUTE_MS,
      othersWait: false,
      requestors: [],
      pickupMs: null,
      lagMs: lagMinutes * MINUTE_MS,
    };
    const limits = someLimits({ guardMs: 3 * MINUTE_MS });
    expect(judge(aSubmitted(), listing, limits).kind).toBe(expected);
    const facts = factsOf(sessionOf(aSubmitted()));
    expect(facts !== null && isNews(facts, listing, limits)).toBe(expected === "ask");
  });

  it.each([
    ["not yet longer than machines take", {}, 25_000, true, "leave"],
    ["longer than machines take", {}, 25_001, true, "cancel submitted"],
    ["longer than machines take, nobody waiting", {}, 25_001, false, "leave"],
    [
      "found offline once before, not yet twice as long",
      { offlineTimes: 1 },
      50_000,
      true,
      "leave",
    ],
    [
      "found offline once before, twice as long",
      { offlineTimes: 1 },
      50_001,
      true,
      "cancel submitted",
    ],
    [
      "found offline often, never beyond patience",
      { offlineTimes: 30 },
      15 * MINUTE_MS,
      true,
      "leave",
    ],
    ["urgent, longer than machines take", { lane: 0 }, 15 * MINUTE_MS, true, "leave"],
  ] as const)("while sessions bind, pending: %s", (_, more, afterMs, others, expected) => {
    const record = aSubmitted(more);
    expect(inShort(judged(record, of("Pending"), afterMs, others, 25_000))).toBe(expected);
  });

  it("is never given up early once its action has begun", () => {
    expect(judged(aSubmitted(), of("InProgress"), HOUR_MS, true, 25_000).kind).toBe("leave");
  });

  it("tells why it is cancelled: offline or expired by lrq, asked by whoever asked", () => {
    const atMs = START_MS + HOUR_MS;
    expect(cancelOf({}, HOUR_MS)).toEqual({ by: "lrq", why: "offline", atMs, sent: true });
    const expired = { by: "lrq", why: "expired", atMs, sent: true };
    expect(cancelOf({ expiresAtMs: atMs }, HOUR_MS)).toEqual(expired);
    expect(cancelOf({ cancel: asked }, HOUR_MS)).toEqual({ ...asked, sent: true });
  });

  it("asks for the action by its id when the list has long not shown it", () => {
    const judgement = judged(aSubmitted({ actionId: "lost" }), null, HOUR_MS);
    expect(judgement).toEqual({ kind: "ask", actionId: "lost" });
  });

  it("waits longer for a machine the more often others held it, fifteen times the first at most", () => {
    const waits = [0, 1, 2, 3, 4, 20].map((busyTimes) => {
      const judgement = judged(aSubmitted({ busyTimes }), foreign("other"), 1_000);
      if (!("after" in judgement) || judgement.after.place?.kind !== "later") return null;
      expect(judgement.after).toMatchObject({ busyTimes: busyTimes + 1, actionId: null });
      return (judgement.after.place.dueAtMs - START_MS - 1_000) / LIMITS.busyRetryMs;
    });
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
  });

  it("waits longer for a machine the more often it was offline, up to a day", () => {
    const waits = [0, 1, 2, 3, 9].map((offlineTimes) => {
      const judgement = judged(aSubmitted({ offlineTimes }), of("TimeOut"), 1_000);
      if (!("after" in judgement) || judgement.after.place?.kind !== "later") return null;
      return (judgement.after.place.dueAtMs - START_MS - 1_000) / HOUR_MS;
    });
    expect(waits).toEqual([1, 4, 12, 24, 24]);
  });

  it("comes back four times sooner if it was given up before the end of patience", () => {
    const waits = [60_000, LIMITS.patienceMs, LIMITS.patienceMs + 1].map((afterMs) => {
      const atMs = START_MS + afterMs;
      const cancel = { by: "lrq", why: "offline", atMs, sent: true } as const;
      const judgement = judged(aSubmitted({ cancel }), of("Cancelled"), afterMs);
      if (!("after" in judgement) || judgement.after.place?.kind !== "later") return null;
      return (judgement.after.place.dueAtMs - atMs) / LIMITS.offlineRetryMs;
    });
    expect(waits).toEqual([0.25, 0.25, 1]);
  });

  it("is left alone while a command gets further: the budget notes that", () => {
    const further = of("InProgress", ["completed", "created", "created"]);
    expect(judged(aSubmitted(), further, 1_000)).toEqual({ kind: "leave" });
  });
});

function twoParts(): SequenceRecord["parts"] {
  return [[{ type: "GetFile", path: "C:\\a" }], [{ type: "PutFile", fileName: "b.exe" }]];
}

/** The cancel that a look at a Pending action leads to, while others wait. */
function cancelOf(more: Partial<SequenceRecord>, afterMs: number): SequenceRecord["cancel"] {
  const judgement = judged(aSubmitted(more), of("Pending"), afterMs, true);
  return judgement.kind === "cancel" ? judgement.after.cancel : null;
}
