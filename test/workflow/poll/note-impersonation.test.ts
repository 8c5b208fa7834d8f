import { describe, expect, it } from "vitest";
import { commentFor, markOf } from "../../../shared/ledger/sequence/mark.ts";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import { claim, giveBack, loseAnswer, submit } from "../../../shared/ledger/sequence/moves.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { withLostOf } from "../../../shared/limits/pace/lost-posts.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { withSightings } from "../../../shared/workflow/poll/sightings.ts";
import { A_NONCE, anActionOf, aSequence, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { GUARD_MS, ledgerWith } from "./listing.ts";

const ELSEWHERE = "f".repeat(40);
const WAITING = aSequence({
  place: { kind: "later", dueAtMs: START_MS + 3_600_000 },
  reason: { code: "approval" },
  approvals: { needed: 1, by: [] },
});
const CLAIMED = claim(aSequence(), START_MS, A_NONCE);
const LOST = loseAnswer(CLAIMED);
const GIVEN_UP = giveBack(LOST, { kind: "ready" }, null);
const SUBMITTED = submit(CLAIMED, "action-1", START_MS + 1_000);
const MISSING: Budget = {
  ...FIRST_BUDGET,
  lost: withLostOf([], LOST, GIVEN_UP, START_MS + GUARD_MS),
};

/** An action of somebody else with the comment of our own, and what else is said. */
function strange(id: string, more: Partial<MachineAction> = {}): MachineAction {
  return { ...anActionOf(SUBMITTED, "InProgress"), id, requestor: "stranger", ...more };
}

const renumbered = (command: MachineAction["commands"][number], index: number) => ({
  ...command,
  index,
});

const marked = (part: number, attempt: number) =>
  commentFor({ sequenceId: SEQUENCE_ID, part, attempt }, null, "as if it were ours");

describe("an action with our mark that is not ours", () => {
  it("is not adopted by a sequence that waits for an approval, and is said", async () => {
    for (const comment of [marked(0, 0), marked(0, 1)]) {
      const { list, calls, ...ledger } = await ledgerWith(WAITING, FIRST_BUDGET);
      expect(await list(strange("x", { comment, machineId: ELSEWHERE }))).toBe(0);
      const { impersonations, decisions, ...record } = await ledger.record();
      expect({ ...record, impersonations: [], decisions: WAITING.decisions }).toEqual(WAITING);
      expect(decisions).toMatchObject({ count: 1 });
      const said = { actionId: "x", machineId: ELSEWHERE, requestor: "stranger", why: "attempt" };
      expect(impersonations).toMatchObject([said]);
      expect(ledger.audit()).toEqual([["impersonation", "x"]]);
      expect((await ledger.budget()).impersonators).toMatchObject([
        { actionId: "x", sequenceId: SEQUENCE_ID },
      ]);
      expect(calls.cancelled).toEqual([]);
    }
  });

  it.each([
    ["has no nonce", "nonce", { comment: marked(0, 1) }],
    ["is on another machine", "machine", { machineId: ELSEWHERE }],
    [
      "has other commands",
      "commands",
      { commands: strange("x").commands.toReversed().map(renumbered) },
    ],
    ["was created long before the claim", "time", { createdAtMs: START_MS - 104 * 86_400_000 }],
    ["was started by somebody else", "requestor", {}],
  ])("is not taken for the one that is missed if it %s", async (_, why, more) => {
    const budget = { ...MISSING, requestors: ["lrq"] };
    for (const status of ["InProgress", "Succeeded"]) {
      const { list, calls, ...ledger } = await ledgerWith(GIVEN_UP, budget);
      await list(strange("x", { ...more, status }));
      expect(await ledger.record()).toMatchObject({ state: "waiting", impersonations: [{ why }] });
      expect((await ledger.budget()).lost).toEqual(MISSING.lost);
      expect(calls.cancelled).toEqual([]);
    }
  });

  it("is not taken for the action of an open session that has another, or has none yet", async () => {
    for (const record of [SUBMITTED, LOST]) {
      const { list, ...ledger } = await ledgerWith(record, FIRST_BUDGET);
      const comment = record === SUBMITTED ? strange("x").comment : marked(0, 1);
      await list(strange("x", { comment }));
      expect(await ledger.record()).toMatchObject({ state: record.state });
      expect(ledger.audit()).toEqual([["impersonation", "x"]]);
    }
  });

  it("is not adopted in place of our own, which is older and has run", async () => {
    const own = anActionOf(SUBMITTED, "Succeeded", ["completed", "completed", "completed"]);
    const { list, ...ledger } = await ledgerWith(GIVEN_UP, MISSING);
    const copy = strange("x", { createdAtMs: START_MS + 60_000 });
    await list(copy, own);
    await list(copy, own);
    expect(await ledger.record()).toMatchObject({
      state: "submitted",
      actionId: "action-1",
      impersonations: [{ actionId: "x", why: "second" }],
    });
  });

  it("is not adopted after our own has ended without having begun", async () => {
    const { list, ...ledger } = await ledgerWith(GIVEN_UP, MISSING);
    await list(anActionOf(SUBMITTED, "Cancelled"));
    await list(strange("x", { createdAtMs: START_MS + 60_000 }));
    expect(await ledger.record()).toMatchObject({ state: "waiting", attempt: 1, late: [] });
    expect(ledger.audit()).toEqual([["impersonation", "x"]]);
  });

  it("is said once, and read up once, however often it is listed", async () => {
    const { list, calls, ...ledger } = await ledgerWith(WAITING, FIRST_BUDGET);
    await list(strange("x"));
    calls.reads = 0;
    await list(strange("x", { status: "Pending" }), strange("x"));
    expect(calls.reads).toBe(0);
    expect(ledger.audit()).toHaveLength(1);
  });

  it("is said of a sequence at most twenty times", async () => {
    const { list, ...ledger } = await ledgerWith(WAITING, FIRST_BUDGET);
    for (let at = 0; at < 130; at += 1) await list(strange(`x${at}`));
    expect((await ledger.record()).impersonations).toHaveLength(20);
    expect(ledger.audit()).toHaveLength(20);
    expect((await ledger.budget()).impersonators).toHaveLength(100);
  });

  it("does not crowd out our own that is missed", async () => {
    const { list, ...ledger } = await ledgerWith(GIVEN_UP, MISSING);
    const crowd = Array.from({ length: 40 }, (_, at) => {
      return strange(`x${at}`, { comment: marked(0, 7), createdAtMs: START_MS - 1 });
    });
    expect(await list(...crowd, anActionOf(SUBMITTED, "InProgress"))).toBe(1);
    expect(await ledger.record()).toMatchObject({ state: "submitted", actionId: "action-1" });
  });
});

describe("what a list shows of strangers", () => {
  const at = { old: null, nowMs: START_MS + 60_000 };
  const own = anActionOf(SUBMITTED, "InProgress");
  const open: Budget = { ...FIRST_BUDGET, sessions: [sessionOf(SUBMITTED)] };
  const seen = (budget: Budget, ...actions: readonly MachineAction[]) =>
    withSightings(budget, actions, at, someLimits());

  it("counts as sessions of others, whatever mark they have", () => {
    const others = [strange("x"), strange("y", { comment: marked(0, 1) })];
    const elsewhere = strange("z", { comment: marked(3, 3), machineId: ELSEWHERE });
    expect(seen(open, own, ...others, elsewhere).foreign).toBe(3);
    const awaited = { ...FIRST_BUDGET, sessions: [sessionOf(CLAIMED)] };
    expect(seen(awaited, own).foreign).toBe(0);
    expect(seen(awaited, ...others.slice(1)).foreign).toBe(1);
  });

  it("tells what Defender calls us by our own action only, and keeps the last names", () => {
    expect(seen(open, strange("x")).requestors).toEqual([]);
    expect(seen(open, { ...own, comment: marked(0, 1) }).requestors).toEqual([]);
    const named = seen(open, strange("x"), own);
    expect(named.requestors).toEqual(["lrq"]);
    expect(seen(named, strange("x"), own)).toBe(named);
    const renamed = ["a", "b", "c", "d"].reduce(
      (budget, requestor) => seen(budget, { ...own, requestor }),
      named,
    );
    expect(renamed.requestors).toEqual(["d", "c", "b", "a"]);
  });

  it("does not learn from a claim of a version without nonces", () => {
    const older = { ...SUBMITTED, claims: [] };
    const budget = { ...FIRST_BUDGET, sessions: [sessionOf(older)] };
    expect(seen(budget, anActionOf(older, "InProgress")).requestors).toEqual([]);
  });

  it("says nothing of what our own action does", () => {
    const first = seen(open, own);
    const [session] = seen(open, own, strange("action-9", { status: "Failed" })).sessions;
    expect(session).toEqual(first.sessions[0]);
    expect(markOf(SUBMITTED)).toMatchObject({ attempt: 1 });
  });
});
