import { describe, expect, it } from "vitest";
import {
  callbackMessageSchema,
  collectMessageSchema,
  drainMessageSchema,
  type DrainBell,
} from "../../shared/ledger/outbox/message.ts";
import type { Bells } from "../../shared/ports.ts";

/** Bells, and the side of whoever listens to them. */
export interface OpenedBells {
  readonly bells: Bells;
  /** What is visible now, as the Functions host gives it to a function; it is gone then. */
  readonly receive: (queue: "drain" | "collect" | "callback") => Promise<unknown[]>;
  /** How many messages there are, hidden ones included. */
  readonly size: () => Promise<number>;
  /** Lets that much time pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** The time that passes; from when it counts is its own matter. */
  readonly nowMs: () => number;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** What all bells promise. `open` gives new ones for each test, and nothing is created yet. */
export function bellsContract(name: string, open: () => OpenedBells): void {
  describe(`the bells in ${name}`, () => {
    messageTests(open);
    delayTests(open);
  });
}

function messageTests(open: () => OpenedBells): void {
  it("bring a drain bell as it was rung", async () => {
    const { bells, receive } = open();
    const sequenceIds = Array.from({ length: 100 }, (_, n) => `abcdefghij0123456789.${n}`);
    const rung = bell({ runId: "abcdefghij0123456789", sequenceIds, urgent: true });
    await bells.ringDrain(rung, 0);
    const [message, ...others] = await receive("drain");
    expect(drainMessageSchema.parse(message).bell).toEqual(rung);
    expect(others).toEqual([]);
  });

  it("bring the sequence to collect from", async () => {
    const { bells, receive } = open();
    await bells.ringCollect("abcdefghij0123456789.abcdefghij12", 0);
    const messages = (await receive("collect")).map((each) => collectMessageSchema.parse(each));
    expect(messages.map(({ collect }) => collect.sequenceId)).toEqual([
      "abcdefghij0123456789.abcdefghij12",
    ]);
  });

  it("bring the callback to send", async () => {
    const { bells, receive } = open();
    const rung = { noticeId: "msg_0123456789abcdef0123456789abcdef", dueAtMs: 1_790_000_000_000 };
    await bells.ringCallback(rung);
    const messages = (await receive("callback")).map((each) => callbackMessageSchema.parse(each));
    expect(messages).toEqual([{ v: 1, callback: rung }]);
  });

  it("do not bring what was rung for another queue", async () => {
    const { bells, receive } = open();
    await bells.ringDrain(bell({}), 0);
    expect(await receive("collect")).toEqual([]);
    expect(await receive("callback")).toEqual([]);
    expect(await receive("drain")).toHaveLength(1);
  });

  it("bring every one of many messages", async () => {
    const { bells, receive } = open();
    const ids = Array.from({ length: 40 }, (_, n) => `run.${n.toString().padStart(2, "0")}`);
    await Promise.all(ids.map(async (id) => await bells.ringCollect(id, 0)));
    const messages = await receive("collect");
    const received = messages.map((each) => collectMessageSchema.parse(each).collect.sequenceId);
    expect(new Set(received)).toEqual(new Set(ids));
    expect(received).toHaveLength(40);
  });

  it("carry letters of any script", async () => {
    const { bells, receive } = open();
    await bells.ringCollect("Žluťoučký 日本語 😀", 0);
    const [message] = await receive("collect");
    expect(collectMessageSchema.parse(message).collect.sequenceId).toBe("Žluťoučký 日本語 😀");
  });
}

function delayTests(open: () => OpenedBells): void {
  it("keep a delayed message out of sight", async () => {
    const { bells, receive, size } = open();
    await bells.ringDrain(bell({ why: "due" }), HOUR_MS);
    await bells.ringCollect("run.1", HOUR_MS);
    expect([...(await receive("drain")), ...(await receive("collect"))]).toEqual([]);
    expect(await size()).toBe(2);
  });

  it("bring a delayed message when its time has come, and not before", async () => {
    const { bells, receive, pass, nowMs } = open();
    const rungAtMs = nowMs();
    await bells.ringDrain(bell({ why: "due" }), 1_001);
    await bells.ringDrain(bell({ why: "accepted" }), 0);
    const early = (await receive("drain")).map((each) => drainMessageSchema.parse(each).bell.why);
    // On a busy machine its time may have come by now.
    const isDue = nowMs() - rungAtMs >= 1_001;
    await pass(2_000);
    const late = (await receive("drain")).map((each) => drainMessageSchema.parse(each).bell.why);
    expect(early).toContain("accepted");
    expect(early.includes("due") && !isDue).toBe(false);
    expect([...early, ...late].toSorted()).toEqual(["accepted", "due"]);
  });

  it("take a delay in the past for none", async () => {
    const { bells, receive } = open();
    await bells.ringDrain(bell({}), -5_000);
    expect(await receive("drain")).toHaveLength(1);
  });

  it.each([WEEK_MS, WEEK_MS + HOUR_MS])("take a delay of %i ms", async (delayMs) => {
    const { bells, receive, size } = open();
    await bells.ringDrain(bell({}), delayMs);
    expect(await receive("drain")).toEqual([]);
    expect(await size()).toBe(1);
  });
}

function bell(parts: Partial<DrainBell>): DrainBell {
  return { why: "accepted", runId: null, sequenceIds: [], urgent: false, ...parts };
}
