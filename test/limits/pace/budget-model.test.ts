import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { admit } from "../../../shared/limits/pace/admit.ts";
import {
  budgetSchema,
  FIRST_BUDGET,
  releaseSession,
  reserve,
  stamp,
  tidied,
  unreserve,
  type Budget,
} from "../../../shared/limits/pace/budget.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");

/**
 * What a budget must agree with: who has a session, and each call with the time it is free again.
 */
interface Model {
  readonly sessions: Set<string>;
  calls: { id: string; freeAtMs: number; stamped: boolean }[];
}

interface Real {
  budget: Budget;
  nowMs: number;
}

const ids = fc.constantFrom("a", "b", "c", "d", "e");
const steps = fc.array(
  fc.tuple(
    fc.constantFrom("reserve", "stamp", "unreserve", "release", "tidy"),
    ids,
    fc.nat(40_000),
  ),
  { maxLength: 120 },
);

/** One operation on both, as the workflows do it: only who has no session reserves. */
function step(model: Model, real: Real, operation: string, id: string): void {
  const { budget, nowMs } = real;
  const open = model.calls.findLast((call) => call.id === id && !call.stamped);
  if (operation === "reserve" && !model.sessions.has(id)) {
    real.budget = reserve(budget, { sequenceId: id, machineId: `of-${id}` }, nowMs);
    model.sessions.add(id);
    model.calls.push({ id, freeAtMs: nowMs + 92_000, stamped: false });
  } else if (operation === "stamp") {
    real.budget = stamp(budget, id, nowMs, null);
    if (open !== undefined) Object.assign(open, { stamped: true, freeAtMs: nowMs + 60_000 });
  } else if (operation === "unreserve") {
    real.budget = unreserve(budget, id, null);
    model.calls = model.calls.filter((call) => call !== open);
  } else if (operation === "release") {
    real.budget = releaseSession(budget, id, 100_000);
    model.sessions.delete(id);
  } else if (operation === "tidy") {
    real.budget = tidied(budget, nowMs, LIMITS);
    model.calls = model.calls.filter((call) => call.freeAtMs > nowMs);
  }
}

describe("a budget", () => {
  it("has the sessions and calls that a simple count has, whatever is done in whatever order", () => {
    fc.assert(
      fc.property(steps, (operations) => {
        const model: Model = { sessions: new Set(), calls: [] };
        const real: Real = { budget: { ...FIRST_BUDGET, listedAtMs: NOW_MS }, nowMs: NOW_MS };
        for (const [operation, id, laterMs] of operations) {
          real.nowMs += laterMs;
          step(model, real, operation, id);
          const { sessions, slots } = real.budget;
          expect(sessions.map((each) => each.sequenceId).sort()).toEqual(
            [...model.sessions].sort(),
          );
          expect(slots.map((slot) => slot.sequenceId)).toEqual(
            model.calls.map(({ id: own }) => own),
          );
          const taken = model.calls.filter((call) => call.freeAtMs > real.nowMs).length;
          const verdict = admit(real.budget, real.nowMs, LIMITS);
          const room = Math.min(10 - taken, 25 - sessions.length);
          expect(verdict.kind === "go" ? verdict.room : 0).toBe(Math.max(0, room));
        }
        expect(budgetSchema.parse(real.budget)).toEqual(real.budget);
      }),
      { numRuns: 500 },
    );
  });

  it("follows the length of sessions of late, and ignores those it does not know", () => {
    const far = Array.from({ length: 120 }).reduce<Budget>(
      (budget) => releaseSession(budget, "x", 600_000),
      FIRST_BUDGET,
    );
    expect(far.meanSessionMs).toBeGreaterThan(590_000);
    expect(releaseSession(far, "x", null).meanSessionMs).toBe(far.meanSessionMs);
    expect(releaseSession(far, "x", -5).meanSessionMs).toBeGreaterThan(0);
  });
});
