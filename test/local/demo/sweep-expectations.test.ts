import { describe, expect, it } from "vitest";
import {
  checkSweep,
  sweptMembers,
  type SweptTenant,
} from "../../../local/demo/sweep-expectations.ts";
import type { SweepSeen } from "../../../local/demo/sweep-client.ts";
import { cast } from "./a-run.ts";
import { aChange, aRound, aSweep, aTenant, aValue } from "./a-sweep.ts";

function problemsOf(seen: SweepSeen, tenant: SweptTenant = aTenant()): string[] {
  return checkSweep(seen, tenant).flatMap(({ problems }) => problems);
}

const good = aSweep();

describe("the demo's expectations of its sweep", () => {
  it("are met by two rounds that found what the tenant has", () => {
    expect(problemsOf(good)).toEqual([]);
  });

  it("are about the Windows machines", () => {
    expect(sweptMembers(cast).map(({ name }) => name)).not.toContain("web-01");
    expect(sweptMembers(cast)).toHaveLength(5);
  });

  it.each<[string, SweepSeen, string]>([
    [
      "a start that made two rounds",
      { ...good, rounds: [aRound(3), ...good.rounds] },
      "rounds 1, 2 were started, but the sweep has 1, 2, 3",
    ],
    [
      "a round that is not over",
      { ...good, rounds: [aRound(2, { state: "paused" }), aRound(1)] },
      "round 2 is paused",
    ],
    [
      "a round that missed a machine",
      {
        ...good,
        rounds: [
          aRound(2),
          aRound(1, { counts: { ...aRound(1).counts, reached: 4, missed: { expired: 1 } } }),
        ],
      },
      "round 1 reached 4 machines, 1 expired",
    ],
    [
      "a machine without rows",
      { ...good, rows: [good.rows[0]?.slice(1) ?? [], good.rows[1] ?? []] },
      "round 1 has no rows of pc-0101",
    ],
    [
      "rows that are there twice",
      { ...good, rows: [good.rows[0] ?? [], (good.rows[1] ?? []).flatMap((row) => [row, row])] },
      "round 2 has rows of lt-0207 more than once",
    ],
    [
      "another rarest line",
      { ...good, stack: { ...good.stack, values: good.stack.values.toReversed() } },
      "the rarest line is C:\\spoolsv.exe",
    ],
    [
      "the planted autostart on another machine",
      {
        ...good,
        stack: {
          ...good.stack,
          values: [aValue(["pc-0311"], "", "C:\\Users\\Public\\Libraries\\shupdate.exe")],
        },
      },
      "the rarest line is on pc-0311",
    ],
    [
      "a second line that is as rare",
      {
        ...good,
        stack: {
          ...good.stack,
          values: [...good.stack.values.slice(0, 1), aValue(["pc-0101"], "Contoso", "C:\\x.exe")],
        },
      },
      "C:\\x.exe is as rare as that",
    ],
    [
      "a stack without lines",
      { ...good, stack: { ...good.stack, values: [] } },
      "the stack has no line",
    ],
    [
      "a change that is not found",
      { ...good, changes: { both: 5, changes: good.changes.changes.slice(1) } },
      "not found: new on srv-db02: Vpn",
    ],
    [
      "a change that nobody made",
      {
        ...good,
        changes: { both: 5, changes: [...good.changes.changes, aChange("new", "pc-0101")] },
      },
      "new on pc-0101: Vpn",
    ],
    [
      "a machine that was not compared",
      { ...good, changes: { ...good.changes, both: 4 } },
      "4 machines were compared",
    ],
  ])("fail for %s", (_, seen, problem) => {
    expect(problemsOf(seen)).toContain(problem);
  });

  it("fail for a machine that was asked twice in a round", () => {
    const tenant = aTenant();
    const arrivals = [...tenant.arrivals, ...tenant.arrivals.slice(0, 1)];
    expect(problemsOf(good, { ...tenant, arrivals })).toEqual([
      "pc-0101 had 3 accepted actions in 2 rounds",
    ]);
  });
});
