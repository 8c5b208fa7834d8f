import { describe, expect, it } from "vitest";
import { admit } from "../../../shared/limits/pace/admit.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = { ...someLimits(), callsPerWindow: 10, windowMs: 60_000, maxSessions: 25 };
const NOW_MS = Date.parse("2026-11-20T10:00:00Z");

describe("the two sessions kept for urgent work", () => {
  it("are lent while one session ends every twelve seconds", () => {
    const running = sessions(23, "InProgress");
    expect(admit({ ...running, meanSessionMs: 276_000 }, NOW_MS, LIMITS)).toMatchObject({
      kind: "go",
      lowerRoom: 2,
    });
  });

  it("are kept while sessions end more seldom", () => {
    const running = sessions(23, "InProgress");
    expect(admit({ ...running, meanSessionMs: 276_001 }, NOW_MS, LIMITS)).toMatchObject({
      kind: "go",
      room: 2,
      lowerRoom: 0,
    });
  });

  it("are lent while nothing stays Pending for long, however many are Pending now", () => {
    const pickups = Array.from({ length: 40 }, () => 10_000);
    const pending = { ...sessions(23, "Pending"), meanSessionMs: 276_000, pickups };
    expect(admit(pending, NOW_MS, LIMITS)).toMatchObject({ kind: "go", lowerRoom: 2 });
  });

  it("are kept while those that are open wait for offline machines", () => {
    const waiting = sessions(23, "Pending");
    expect(admit({ ...waiting, meanSessionMs: 60_000 }, NOW_MS, LIMITS)).toMatchObject({
      kind: "go",
      lowerRoom: 0,
    });
  });
});

function sessions(count: number, status: string): Budget {
  const open = Array.from({ length: count }, (_, number) => ({
    sequenceId: `s${number}`,
    machineId: `m${number}`,
    seen: [status, "Created"],
  }));
  return { ...FIRST_BUDGET, listedAtMs: NOW_MS, sessions: open };
}
