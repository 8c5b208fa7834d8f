import { describe, expect, it } from "vitest";
import { readyKey } from "../../../shared/ledger/row/keys.ts";
import { admit, nextDispatchMs } from "../../../shared/limits/pace/admit.ts";
import {
  budgetSchema,
  FIRST_BUDGET,
  reserve,
  type Budget,
} from "../../../shared/limits/pace/budget.ts";
import {
  letIn,
  lockedOutBy,
  mainLockout,
  probedInVain,
  remedyFor,
  withProbeFirst,
  type LockedCall,
} from "../../../shared/limits/pace/lockout.ts";
import { sessionOf, type Session } from "../../../shared/limits/pace/session.ts";
import { aClaimed } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const WATCHED: Budget = { ...FIRST_BUDGET, listedAtMs: NOW_MS };

function refused(budget: Budget, call: LockedCall, atMs: number, sequenceId = "s"): Budget {
  const refusal = { call, httpStatus: 403, detail: "HTTP 403 Forbidden", sequenceId, atMs };
  return lockedOutBy(budget, refusal, LIMITS);
}

/** When probes that are always refused go, after the first refusal; each at once when it is due. */
function probesWithin(call: LockedCall, spanMs: number): number {
  let [budget, probes] = [refused(WATCHED, call, NOW_MS), 0];
  for (;;) {
    const nextAtMs = mainLockout(budget)?.nextAtMs ?? 0;
    if (nextAtMs > NOW_MS + spanMs) return probes;
    budget = refused(budget, call, nextAtMs);
    probes += 1;
  }
}

describe("being locked out", () => {
  it("lets nobody go until the next probe, and then one alone", () => {
    const out = refused(WATCHED, "submit", NOW_MS);
    const verdict = admit(out, NOW_MS + 59_999, LIMITS);
    expect(verdict).toEqual({ kind: "lockedOut", untilMs: NOW_MS + 60_000 });
    expect(nextDispatchMs(verdict, out, NOW_MS)).toBe(NOW_MS + 60_000);
    expect(admit(out, NOW_MS + 60_000, LIMITS)).toMatchObject({ kind: "go", room: 1 });
    const probing = reserve(out, { sequenceId: "s", machineId: "m" }, NOW_MS + 60_000);
    expect(admit(probing, NOW_MS + 61_000, LIMITS)).toMatchObject({ kind: "lockedOut" });
  });

  it("counts those refused together once, and keeps when it began", () => {
    const once = refused(WATCHED, "submit", NOW_MS);
    expect(refused(once, "submit", NOW_MS + 500)).toBe(once);
    const twice = refused(once, "submit", NOW_MS + 60_000);
    expect(mainLockout(twice)).toMatchObject({
      sinceMs: NOW_MS,
      times: 2,
      nextAtMs: NOW_MS + 180_000,
    });
  });

  it("costs four POSTs in sixteen minutes, and one each quarter of an hour after", () => {
    expect(probesWithin("submit", 16 * 60_000)).toBe(4);
    expect(probesWithin("submit", 24 * 3_600_000)).toBeLessThan(100);
  });

  it("is over with the first call that gets through, but not by one that left before", () => {
    const out = refused(WATCHED, "submit", NOW_MS);
    expect(letIn(out, "submit", NOW_MS + 1_000)).toBe(out);
    expect(letIn(out, "submit", NOW_MS + 60_500).lockouts).toEqual([]);
    expect(letIn(out, "list", NOW_MS + 60_500)).toBe(out);
  });

  it("goes on after a probe that nobody answered, and waits as long as after a refusal", () => {
    const out = refused(WATCHED, "submit", NOW_MS);
    const atMs = NOW_MS + 60_000;
    expect(probedInVain(out, { sequenceId: "s", atMs }, LIMITS)).toEqual(
      refused(out, "submit", atMs),
    );
    expect(probedInVain(WATCHED, { sequenceId: "s", atMs }, LIMITS)).toBe(WATCHED);
  });

  it("keeps each refused call until that one gets through, and tells what comes first", () => {
    const out = refused(
      refused(refused(WATCHED, "list", NOW_MS), "submit", NOW_MS),
      "token",
      NOW_MS,
    );
    expect(mainLockout(out)?.call).toBe("token");
    const tokened = letIn(out, "token", NOW_MS);
    expect(mainLockout(tokened)?.call).toBe("submit");
    expect(tokened.lockouts).toHaveLength(2);
  });

  it.each(["list", "machines", "link"] as const)(
    "by a refused %s lets nobody go, however late, until that works again",
    (call) => {
      const out = refused(WATCHED, call, NOW_MS);
      const verdict = admit(out, NOW_MS + 86_400_000, LIMITS);
      expect(verdict).toEqual({ kind: "lockedOut", untilMs: null });
      expect(nextDispatchMs(verdict, out, NOW_MS)).toBeNull();
      expect(admit(letIn(out, call, NOW_MS), NOW_MS, LIMITS).kind).toBe("go");
    },
  );

  it("is probed with another sequence than the one refused last, if there is one", () => {
    const out = refused(WATCHED, "submit", NOW_MS, "run.a");
    const keys = ["run.a", "run.b", "run.c"].map((id, pass) => readyKey(1, pass, id));
    expect(withProbeFirst(keys, out)).toEqual([keys[1], keys[2], keys[0]]);
    expect(withProbeFirst(keys.slice(0, 1), out)).toEqual(keys.slice(0, 1));
    expect(withProbeFirst(keys, WATCHED)).toBe(keys);
  });

  it("keeps no more of Defender's words than fit, and names the right to grant", () => {
    const long = { call: "list", httpStatus: 403, detail: "x".repeat(9_000), atMs: 1 } as const;
    expect(mainLockout(lockedOutBy(WATCHED, long, LIMITS))?.detail).toHaveLength(500);
    expect(remedyFor({ call: "list", httpStatus: 403 })).toMatch(/Machine\.ReadWrite\.All/);
    expect(remedyFor({ call: "submit", httpStatus: 403 })).toMatch(/Machine\.LiveResponse/);
    expect(remedyFor({ call: "submit", httpStatus: 401 })).toMatch(/DEFENDER_TOKEN_SCOPE/);
    expect(remedyFor({ call: "token", httpStatus: null })).toMatch(/managed identity/);
  });

  it("is nothing a budget written before knows of, which is read all the same", () => {
    const { lockouts, listedAtMs, expiredAtMs, ...old } = FIRST_BUDGET;
    expect([lockouts, listedAtMs, expiredAtMs]).toEqual([[], 0, 0]);
    expect(budgetSchema.parse(old)).toEqual(FIRST_BUDGET);
  });
});

function claimedAt(claimedAtMs: number, number: number): Session {
  const of = { sequenceId: `run.${number}`, machineId: `m${number}` };
  return sessionOf(aClaimed({ ...of, claimedAtMs }));
}

describe("what nobody has been able to watch yet", () => {
  it("is one sequence before the first list ever", () => {
    expect(admit(FIRST_BUDGET, NOW_MS, LIMITS)).toMatchObject({ kind: "go", room: 1 });
    const one = { ...FIRST_BUDGET, sessions: [claimedAt(NOW_MS, 1)] };
    expect(admit(one, NOW_MS + 60_000, LIMITS)).toEqual({ kind: "unwatched" });
    const listed = { ...one, listedAtMs: NOW_MS + 1 };
    expect(admit(listed, NOW_MS + 60_000, LIMITS)).toMatchObject({ kind: "go", room: 10 });
  });

  it("is never more than the calls of one window since the last list", () => {
    const sessions = Array.from({ length: 9 }, (_, at) => claimedAt(NOW_MS + 1, at));
    const nine = { ...WATCHED, sessions };
    expect(admit(nine, NOW_MS + 120_000, LIMITS)).toMatchObject({ kind: "go", room: 1 });
    const ten = { ...nine, sessions: [...sessions, claimedAt(NOW_MS + 60_000, 10)] };
    expect(admit(ten, NOW_MS + 120_000, LIMITS)).toEqual({ kind: "unwatched" });
    expect(nextDispatchMs({ kind: "unwatched" }, ten, NOW_MS)).toBeNull();
  });
});
