import { describe, expect, it } from "vitest";
import { giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { judge } from "../../../shared/limits/judge/judge.ts";
import { guardMs, listLagMs, NO_LAG, withLag } from "../../../shared/limits/pace/list-lag.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { withSightings } from "../../../shared/workflow/poll/sightings.ts";
import { aClaimed, anActionOf, aSubmitted, HOUR_MS, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();

const at = (afterMs: number) => ({ old: null, nowMs: START_MS + afterMs });

describe("the lag of lists", () => {
  const session = sessionOf(aSubmitted());
  const budget = { ...FIRST_BUDGET, sessions: [session] };
  const own = anActionOf(aSubmitted(), "Pending");

  it("is how old an action of ours was when a list last did not show it", () => {
    const once = withSightings(budget, [], at(100_000), LIMITS);
    const missed = withSightings(once, [], at(200_000), LIMITS);
    expect(listLagMs(missed, START_MS + 200_000)).toBe(200_000);
    expect(missed.listLag).toEqual(NO_LAG);
    const shown = withSightings(missed, [own], at(215_000), LIMITS);
    expect(shown.listLag).toEqual({ ms: 200_000, seenAtMs: START_MS + 215_000 });
    expect(shown.sessions).toEqual([{ ...session, seen: ["Pending", ...CREATED] }]);
    expect(listLagMs(shown, START_MS + 215_000)).toBe(200_000);
  });

  it("is not made longer by looks that were not made, nor by an action that was shown before", () => {
    const shown = withSightings(budget, [own], at(HOUR_MS), LIMITS);
    expect(shown.listLag).toEqual(NO_LAG);
    expect(withSightings(shown, [], at(2 * HOUR_MS), LIMITS)).toBe(shown);
  });

  it("grows with a longer one, and is remembered from the last of the longest on", () => {
    const long = withLag(NO_LAG, 300_000, START_MS);
    expect(withLag(long, 400_000, START_MS + 1)).toEqual({ ms: 400_000, seenAtMs: START_MS + 1 });
    expect(withLag(long, 300_000, START_MS + 1)).toEqual({ ms: 300_000, seenAtMs: START_MS + 1 });
    expect(withLag(long, 299_999, START_MS + 1)).toBe(long);
  });

  it("is forgotten after six hours, and outlives shorter ones until then", () => {
    const long = withLag(NO_LAG, 300_000, START_MS);
    expect(withLag(long, 20_000, START_MS + 6 * HOUR_MS)).toBe(long);
    expect(withLag(long, 20_000, START_MS + 6 * HOUR_MS + 1)).toMatchObject({ ms: 20_000 });
    const stood = { listLag: long, sessions: [] };
    expect(listLagMs(stood, START_MS + 6 * HOUR_MS)).toBe(300_000);
    expect(listLagMs(stood, START_MS + 6 * HOUR_MS + 1)).toBe(0);
  });
});

const CREATED = ["Created", "Created", "Created"];

describe("the guard time", () => {
  it("is the setting while lists are quick, then twice their lag, up to ten times the setting", () => {
    const guards = [0, 5_000, 90_000, 200_000, 900_000, HOUR_MS].map((ms) => guardMs(ms, LIMITS));
    expect(guards).toEqual([180_000, 180_000, 180_000, 400_000, 1_800_000, 1_800_000]);
    expect(guardMs(0, someLimits({ guardMs: 0 }))).toBe(32_000);
  });

  it("holds an unanswered POST for as long as lists are seen to be slow", () => {
    const lost = loseAnswer(aClaimed());
    const listing = {
      action: null,
      othersWait: true,
      requestors: [],
      pickupMs: null,
      lagMs: 200_000,
    };
    const judged = (afterMs: number) =>
      judge(lost, { ...listing, nowMs: START_MS + afterMs }, LIMITS);
    expect(judged(400_000)).toEqual({ kind: "leave" });
    const after = giveBack(lost, { kind: "ready" }, null);
    expect(judged(400_001)).toEqual({ kind: "move", after });
    expect(after.givenUp).toEqual([{ part: 0, attempt: 1 }]);
  });
});
