import { describe, expect, it } from "vitest";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { withOldForeign, withSightings } from "../../../shared/workflow/poll/sightings.ts";
import { anActionOf, aSubmitted, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const LIMITS = someLimits();
const RECORD = aSubmitted();
const SUBMITTED: Budget = { ...FIRST_BUDGET, sessions: [sessionOf(RECORD)] };

function seen(budget: Budget, status: string, afterMs: number): Budget {
  const at = { old: null, nowMs: START_MS + afterMs };
  return withSightings(budget, [anActionOf(RECORD, status)], at, LIMITS);
}

describe("what a list shows of our sessions", () => {
  it("tells once how long a machine took to begin, late rather than early", () => {
    const pending = seen(SUBMITTED, "Pending", 5_000);
    expect(pending.pickups).toEqual([]);
    const begun = seen(pending, "InProgress", 10_000);
    expect(begun.pickups).toEqual([10_000]);
    expect(seen(begun, "InProgress", 15_000)).toBe(begun);
  });

  it("tells it of one that had begun when it was first seen", () => {
    expect(seen(SUBMITTED, "InProgress", 3_000).pickups).toEqual([3_000]);
  });

  it("tells nothing of one that has ended, or came back after all patience was over", () => {
    expect(seen(SUBMITTED, "Succeeded", 60_000).pickups).toEqual([]);
    const late = seen(seen(SUBMITTED, "Pending", 5_000), "InProgress", LIMITS.patienceMs + 1);
    expect(late.pickups).toEqual([]);
  });
});

describe("foreign sessions too old for the list", () => {
  it("are counted with the young ones, and only once", () => {
    const budget = { ...FIRST_BUDGET, foreign: 5, foreignOld: 2 };
    expect(withOldForeign(budget, 4)).toMatchObject({ foreign: 7, foreignOld: 4 });
    expect(withOldForeign(budget, 0)).toMatchObject({ foreign: 3, foreignOld: 0 });
    expect(withOldForeign(budget, 2)).toBe(budget);
  });
});
