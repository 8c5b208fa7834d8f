import { describe, expect, it } from "vitest";
import { doneTwice } from "../../../shared/ledger/sequence/done-twice.ts";
import { claim, giveBack, loseAnswer, submit } from "../../../shared/ledger/sequence/moves.ts";
import { observe } from "../../../shared/ledger/sequence/progress.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { markOf } from "../../../shared/ledger/sequence/mark.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { withLostOf } from "../../../shared/limits/pace/lost-posts.ts";
import { A_NONCE, anActionOf, aSequence, HOUR_MS, START_MS } from "../../ledger/a-sequence.ts";
import { GUARD_MS, ledgerWith } from "./listing.ts";

const FIRST = loseAnswer(claim(aSequence(), START_MS, A_NONCE));
const GIVEN_BACK = giveBack(FIRST, { kind: "ready" }, null);
const SECOND = claim(GIVEN_BACK, START_MS + GUARD_MS, A_NONCE);
/** Its second POST was refused, for the action of the first is open on the machine. */
const BUSY = giveBack(
  { ...SECOND, busyTimes: 1 },
  { kind: "later", dueAtMs: START_MS + HOUR_MS },
  { code: "machineBusy", sinceMs: START_MS + GUARD_MS, times: 1 },
);
const SUBMITTED = submit(SECOND, "action-2", START_MS + GUARD_MS + 1_000);
const LOST: Budget = {
  ...FIRST_BUDGET,
  lost: withLostOf([], FIRST, GIVEN_BACK, START_MS + GUARD_MS),
};
const RAN = ["completed", "completed", "completed"] as const;
const OVER = ["cancelled", "expired", "refused", "failed"] as const;

/** The first POST's action, as a list shows it long after. */
const shown = (status: string, ...reads: Parameters<typeof anActionOf>[2][]) =>
  anActionOf(FIRST, status, ...reads);

describe("an action that is listed when its POST was given up, its sequence having no other", () => {
  it.each([
    ["waits with the attempt it was made for", GIVEN_BACK],
    ["waits because that very action kept its machine busy", BUSY],
    ["has no answer to its second POST either", loseAnswer(SECOND)],
  ] as const)("is its own, open or over, if it %s", async (_, record) => {
    for (const action of [shown("InProgress"), shown("Succeeded", RAN)]) {
      const { list, calls, ...ledger } = await ledgerWith(record, LOST);
      expect(await list(action)).toBe(1);
      const after = await ledger.record();
      expect(after).toMatchObject({ state: "submitted", actionId: "action-1", attempt: 1 });
      expect(after).toMatchObject({ claimedAtMs: START_MS, attempts: record.attempt, late: [] });
      expect(calls.cancelled).toEqual([]);
      const { sessions } = await ledger.budget();
      expect(sessions).toMatchObject([{ glance: { attempt: 1, actionId: "action-1" } }]);
      expect(ledger.audit()).toEqual([["adopted", "action-1"]]);
    }
  });

  it("waits while another has its machine, is not forgotten, and is taken as soon as it can", async () => {
    const { list, insert, remove, calls, ...ledger } = await ledgerWith(GIVEN_BACK, LOST);
    const lease = `machine!${GIVEN_BACK.machineId}`;
    await insert(lease, { v: 1, sequenceId: "another", waiters: true });
    for (const _ of [1, 2]) {
      expect(await list(shown("Succeeded", RAN))).toBe(0);
      expect(await ledger.record()).toMatchObject({ state: "waiting" });
      expect((await ledger.budget()).lost).toMatchObject([
        { seen: ["Succeeded", "Completed", "Completed", "Completed"] },
      ]);
    }
    // One try at each list, and one note.
    expect(calls.commits).toBe(3);
    await remove(lease);
    expect(await list(shown("Succeeded", RAN))).toBe(1);
    expect(await ledger.record()).toMatchObject({ state: "submitted", actionId: "action-1" });
    expect((await ledger.budget()).lost).toEqual([]);
  });

  it("is its own although nothing but the record tells of it any more", async () => {
    const { list, ...ledger } = await ledgerWith(BUSY, FIRST_BUDGET);
    await list(shown("InProgress"));
    expect(await ledger.record()).toMatchObject({ state: "submitted", attempt: 1, attempts: 2 });
  });

  it("gives up the second POST that had no answer, and looks for its action", async () => {
    const { list, ...ledger } = await ledgerWith(loseAnswer(SECOND), LOST);
    await list(shown("InProgress"));
    expect((await ledger.budget()).lost).toMatchObject([{ attempt: 2 }]);
    expect((await ledger.record()).givenUp.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it("does not lend its number to a later attempt", async () => {
    const { list, ...ledger } = await ledgerWith(BUSY, LOST);
    await list(shown("InProgress"));
    const again = giveBack(await ledger.record(), { kind: "ready" }, null);
    expect(claim(again, START_MS + HOUR_MS, A_NONCE)).toMatchObject({ attempt: 3, attempts: 3 });
  });

  it("is waited for while the answer to the second POST may come", async () => {
    const { list, calls, ...ledger } = await ledgerWith(SECOND, LOST);
    expect(await list(shown("InProgress"))).toBe(0);
    expect(await ledger.record()).toEqual(SECOND);
    expect(calls.cancelled).toEqual([]);
    expect((await ledger.budget()).lost).toEqual(LOST.lost);
  });

  it("is left to whoever judges the session if the answer to the second POST spoke of it", async () => {
    const spoke = { ...SUBMITTED, actionId: "action-1" };
    const { list, ...ledger } = await ledgerWith(spoke, LOST);
    await list(shown("InProgress"));
    expect(await ledger.record()).toEqual(spoke);
    expect((await ledger.budget()).lost).toEqual(LOST.lost);
  });

  it("is left alone if the sequence has seen it end since the list was asked for", async () => {
    const claims = GIVEN_BACK.claims.map((each) => ({ ...each, actionId: "action-1" }));
    const over = { ...GIVEN_BACK, claims, actionStatus: "Cancelled", offlineTimes: 1 };
    const { list, calls, ...ledger } = await ledgerWith(over, LOST);
    expect(await list(shown("Pending"))).toBe(0);
    expect(await ledger.record()).toEqual(over);
    expect(calls.cancelled).toEqual([]);
  });
});

describe("an action that is listed when its sequence has another one", () => {
  it("is cancelled once, and both are named", async () => {
    const { list, calls, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Pending"));
    await list(shown("Pending"));
    expect(calls.cancelled).toEqual(["action-1"]);
    expect(ledger.audit()).toEqual([["cancelSent", "action-1", "action-2"]]);
    expect(await ledger.record()).toMatchObject({
      state: "submitted",
      actionId: "action-2",
      late: [{ actionId: "action-1", attempt: 1, status: "Pending", ran: false }],
    });
  });

  it("is cancelled again if Defender did not hear of it", async () => {
    const { list, calls, heard } = await ledgerWith(SUBMITTED, LOST);
    heard.reply = { kind: "throttled", retryAfterMs: null };
    await list(shown("Pending"));
    heard.reply = { kind: "answered", value: null };
    await list(shown("Pending"));
    await list(shown("Pending"));
    expect(calls.cancelled).toEqual(["action-1", "action-1"]);
  });

  it("is told of if it had ended before anybody saw it", async () => {
    const { list, calls, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Succeeded", RAN));
    await list(shown("Succeeded", RAN));
    expect(calls.cancelled).toEqual([]);
    expect(ledger.audit()).toEqual([["ranLate", "action-1", "action-2"]]);
    expect((await ledger.record()).late).toMatchObject([{ status: "Succeeded", ran: true }]);
    expect((await ledger.budget()).lost).toEqual([]);
  });

  it("is told of if it had begun before the cancel took effect", async () => {
    const { list, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Pending"));
    await list(shown("Cancelled", ["completed", "created", "created"]));
    expect(ledger.audit().map(([event]) => event)).toEqual(["cancelSent", "ranLate"]);
    expect((await ledger.record()).late).toMatchObject([{ status: "Cancelled", ran: true }]);
  });

  it("has done nothing twice if it was cancelled in time, and is not told of if it never ran", async () => {
    const { list, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Pending"));
    await list(shown("Cancelled"));
    expect((await ledger.record()).late).toMatchObject([{ status: "Cancelled", ran: false }]);
    const other = await ledgerWith(SUBMITTED, LOST);
    await other.list(shown("TimeOut"));
    expect((await other.record()).late).toEqual([]);
    expect((await other.budget()).lost).toEqual([]);
  });

  it("stays as it was seen when a list is behind one before it", async () => {
    const { list, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Succeeded", RAN));
    await list(shown("Pending"));
    expect((await ledger.record()).late).toMatchObject([{ status: "Succeeded", ran: true }]);
  });
});

describe("an action that is listed when its sequence is over", () => {
  const over = (state: (typeof OVER)[number]): SequenceRecord => ({
    ...GIVEN_BACK,
    state,
    place: null,
    endedAtMs: START_MS + GUARD_MS,
  });

  it.each(OVER)("is cancelled if it is open, though it is %s", async (state) => {
    for (const budget of [LOST, FIRST_BUDGET]) {
      const { list, calls, ...ledger } = await ledgerWith(over(state), budget);
      await list(shown("InProgress"));
      await list(shown("InProgress"));
      expect(calls.cancelled).toEqual(["action-1"]);
      expect(ledger.audit()).toContainEqual(["cancelSent", "action-1"]);
      expect(await ledger.record()).toMatchObject({ state, late: [{ actionId: "action-1" }] });
    }
  });

  it.each(OVER)(
    "is told of if it has run, though it is %s, and is no second time",
    async (state) => {
      const { list, ...ledger } = await ledgerWith(over(state), LOST);
      await list(shown("Failed", ["failed", "created", "created"]));
      expect(ledger.audit()).toEqual([["ranLate", "action-1"]]);
      const record = await ledger.record();
      expect(record).toMatchObject({ state, late: [{ status: "Failed", ran: true }] });
      expect(doneTwice(record)).toBe(false);
    },
  );

  it("is cancelled if Defender had said that it did not know it", async () => {
    const lost = { ...over("failed"), actionId: "action-1", attempt: 1 };
    const { list, calls } = await ledgerWith(lost, FIRST_BUDGET);
    await list(shown("Pending"));
    expect(calls.cancelled).toEqual(["action-1"]);
    const seen = await ledgerWith({ ...lost, actionStatus: "Failed" }, FIRST_BUDGET);
    await seen.list(shown("Pending"));
    expect(seen.calls.cancelled).toEqual([]);
  });
});

describe("what lists show of actions that nobody misses", () => {
  it("costs nothing: those that are over are not read up, nor is the action of an open session", async () => {
    const { list, calls } = await ledgerWith(SUBMITTED, FIRST_BUDGET);
    const own = { ...anActionOf(SUBMITTED, "InProgress"), id: "action-2" };
    await list(shown("Succeeded", RAN), own, { ...own, id: "x", comment: "by somebody else" });
    expect(calls.reads).toBe(0);
  });

  it("tells of a lag at least as long as the POST was old when it was given up", async () => {
    const { list, ...ledger } = await ledgerWith(SUBMITTED, LOST);
    await list(shown("Pending"));
    expect((await ledger.budget()).listLag.ms).toBe(GUARD_MS);
  });
});

describe("a sequence", () => {
  it("was done twice if a late action ran beside its own, beside another late one, or in a part before", () => {
    const late = { ...markOf(FIRST), actionId: "action-1", status: "Succeeded", ran: true };
    const own = observe(SUBMITTED, anActionOf(SUBMITTED, "Succeeded", RAN));
    expect(doneTwice({ ...own, late: [late] })).toBe(true);
    expect(doneTwice({ ...own, late: [{ ...late, ran: false }] })).toBe(false);
    expect(doneTwice({ ...own, progress: [], late: [late] })).toBe(false);
    expect(doneTwice({ ...own, actionId: "action-1", late: [late] })).toBe(false);
    expect(doneTwice({ ...own, progress: [], late: [late, { ...late, actionId: "b" }] })).toBe(
      true,
    );
    expect(doneTwice({ ...own, part: 1, progress: [], late: [late] })).toBe(true);
  });
});
