import { describe, expect, it } from "vitest";
import { readyKey } from "../../../shared/ledger/row/keys.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import {
  drainProbeAtMs,
  letIn,
  lockedOutBy,
  lockoutOf,
  withProbeFirst,
  type LockedCall,
} from "../../../shared/limits/pace/lockout.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const MINUTE_MS = 60_000;

function refused(budget: Budget, call: LockedCall, atMs = NOW_MS): Budget {
  return lockedOutBy(budget, { call, httpStatus: 403, detail: "no", atMs }, LIMITS);
}

const nextOf = (budget: Budget, call: LockedCall) => lockoutOf(budget, call)?.nextAtMs;

describe("the probe of a call that is refused", () => {
  it.each([
    ["submit", MINUTE_MS],
    ["token", 15_000],
    ["list", 15_000],
    ["machines", 15_000],
    ["link", 15_000],
  ] as const)("of %s goes after %i ms at first", (call, ms) => {
    expect(nextOf(refused(FIRST_BUDGET, call), call)).toBe(NOW_MS + ms);
  });

  it("of a POST is the drain's, while nothing else is refused", () => {
    expect(drainProbeAtMs(FIRST_BUDGET)).toBeNull();
    expect(drainProbeAtMs(refused(FIRST_BUDGET, "submit"))).toBe(NOW_MS + MINUTE_MS);
  });

  it("is the poll's while a call is refused that only asks, POSTs or not", () => {
    const blind = refused(FIRST_BUDGET, "list");
    expect(drainProbeAtMs(blind)).toBeNull();
    expect(drainProbeAtMs(refused(blind, "submit"))).toBeNull();
    expect(drainProbeAtMs(refused(refused(FIRST_BUDGET, "submit"), "link"))).toBeNull();
  });

  it("is that for a token before all others", () => {
    const all = ["submit", "list", "token"] as const;
    const out = all.reduce((budget, call) => refused(budget, call), FIRST_BUDGET);
    expect(drainProbeAtMs(out)).toBe(NOW_MS + 15_000);
  });

  it("tells of now if it is answered in the very instant at which it was due", () => {
    const out = refused(FIRST_BUDGET, "submit");
    expect(letIn(out, "submit", NOW_MS + MINUTE_MS - 1)).toBe(out);
    expect(letIn(out, "submit", NOW_MS + MINUTE_MS).lockouts).toEqual([]);
  });

  it("is of whoever is first when it is not known whose POST was refused", () => {
    const keys = ["run.a", "run.b"].map((id, pass) => readyKey(1, pass, id));
    expect(withProbeFirst(keys, refused(FIRST_BUDGET, "submit"))).toBe(keys);
  });
});
