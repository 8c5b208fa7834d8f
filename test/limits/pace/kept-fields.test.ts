import { describe, expect, it } from "vitest";
import { askedFor } from "../../../shared/ledger/run/approval.ts";
import { gateFor } from "../../../shared/ledger/run/gate.ts";
import { FIRST_BUDGET, holdSession, type Budget } from "../../../shared/limits/pace/budget.ts";
import { withLate } from "../../../shared/limits/judge/judge-late.ts";
import { withLag } from "../../../shared/limits/pace/list-lag.ts";
import { lockedOutBy } from "../../../shared/limits/pace/lockout.ts";
import { withLostOf } from "../../../shared/limits/pace/lost-posts.ts";
import { FIRST_QUOTA, spend } from "../../../shared/limits/pace/quota.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { throttled } from "../../../shared/limits/pace/throttled.ts";
import { countMachines } from "../../../shared/workflow/accept/daily-counts.ts";
import { aClaimed, aSubmitted, aSequence, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

/** As a later version of the app would write it into something that goes on. */
const NEWER = { newer: "kept" };
const LATER_MS = START_MS + 60_000;

describe("what another version of the app wrote stays", () => {
  it("in a session whose sequence moves, and in its glance", () => {
    const session = sessionOf(aClaimed());
    const glance = { ...sessionOf(aClaimed()).glance, ...NEWER };
    const before = withBudget({ sessions: [Object.assign(session, NEWER, { glance })] });
    const { sessions } = holdSession(before, sessionOf(aSubmitted()));
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({ ...NEWER, glance: { state: "submitted", ...NEWER } });
  });

  it("but not what was seen of the action before", () => {
    const seen = { ...sessionOf(aSubmitted()), seen: ["Pending"], missedMs: 5 };
    const { sessions } = holdSession(withBudget({ sessions: [seen] }), sessionOf(aSubmitted()));
    expect(sessions).toEqual([sessionOf(aSubmitted())]);
  });

  it("in a lockout that is refused again", () => {
    const refusal = { call: "list", httpStatus: 403, detail: "no" } as const;
    const first = lockedOutBy(FIRST_BUDGET, { ...refusal, atMs: START_MS }, someLimits());
    const before = withBudget({
      lockouts: first.lockouts.map((each) => Object.assign(each, NEWER)),
    });
    const again = lockedOutBy(before, { ...refusal, atMs: START_MS + 900_000 }, someLimits());
    expect(again.lockouts[0]).toMatchObject({ times: 2, ...NEWER });
  });

  it("in the door that a 429 closes", () => {
    const before = withBudget({ door: { ...FIRST_BUDGET.door, ...NEWER } });
    const answer = { retryAfterMs: 5_000, latestMs: START_MS };
    const after = throttled(before, SEQUENCE_ID, answer, someLimits());
    expect(after.door).toMatchObject({ closedUntilMs: START_MS + 5_000, ...NEWER });
  });

  it("in a POST that is lost again, and in a late action seen again", () => {
    const record = aClaimed({ state: "unconfirmed" });
    const gone = aSequence({ attempt: 1 });
    const lost = withLostOf([], record, gone, START_MS).map((each) => Object.assign(each, NEWER));
    expect(withLostOf(lost, record, gone, LATER_MS)).toEqual([expect.objectContaining(NEWER)]);
    const late = { actionId: "a", part: 0, attempt: 1, status: "Pending", ran: false };
    const before = aSequence({ late: [{ ...late, ...NEWER }] });
    const after = withLate(before, { ...late, status: "Succeeded", ran: true });
    expect(after.late).toEqual([{ ...late, ...NEWER, status: "Succeeded", ran: true }]);
  });

  it("in the calls of an hour, in how slow lists are, and in the counts of the next day", () => {
    const spent = spend({ ...FIRST_QUOTA, ...NEWER }, { calls: 1 }, START_MS, someLimits());
    expect(spent).toMatchObject({ kind: "spent", quota: NEWER });
    expect(withLag({ ms: 1, seenAtMs: 0, ...NEWER }, 2, START_MS)).toMatchObject(NEWER);
    const caps = { perIncident: 9, perCallerDay: 9, perDay: 9 };
    const yesterday = { v: 1 as const, day: "20200101", machines: 3, callers: {}, ...NEWER };
    const asked = { caps, caller: "soar", ofIncident: 0, asked: 1 };
    const counted = countMachines(yesterday, asked, START_MS);
    expect(counted).toMatchObject({ kind: "counted", counts: { machines: 1, ...NEWER } });
  });

  it("in the approval that more is asked of, and in the gate that gets another wave", () => {
    const who = { by: "soar", objectId: null };
    const before = { ...askedFor(null, 1, who, LATER_MS), ...NEWER };
    expect(askedFor(before, 2, who, LATER_MS)).toMatchObject({ needed: 2, ...NEWER });
    const policy = { first: 1, above: 2, maxFailedShare: 0.5 };
    const { gate } = gateFor(null, 1, policy);
    if (gate === null) throw new Error("there is a policy, but no gate");
    expect(gateFor({ ...gate, ...NEWER }, 5, policy).gate).toMatchObject({ wave: 1, ...NEWER });
  });
});

function withBudget(overrides: Partial<Budget>): Budget {
  return { ...FIRST_BUDGET, ...overrides };
}
