import { describe, expect, it } from "vitest";
import { describeWholeRound } from "../../../shared/workflow/view/describe-round.ts";
import { listRounds } from "../../../shared/workflow/view/describe-sweeps.ts";
import { DEFINITION, startSweeping } from "../sweep/sweeping.ts";

describe("the rounds of a sweep", () => {
  it("come the newest first, a page at a time, each of them once", async () => {
    const sweeping = startSweeping(0);
    await sweeping.apply({ ...DEFINITION, overlap: "allow" });
    const started: number[] = [];
    for (let round = 1; round <= 110; round += 1) {
      started.push(await sweeping.start());
      // There is nobody to ask, so it ends.
      await sweeping.ticks(3);
    }
    const sweep = await sweeping.sweep();
    const pages: number[][] = [];
    let cursor: string | null = null;
    do {
      const page = await listRounds(sweeping.ports, sweep, cursor);
      pages.push((page?.rounds ?? []).map(({ round }) => round));
      cursor = page?.next ?? null;
    } while (cursor !== null);
    expect(pages.map(({ length }) => length)).toEqual([52, 52, 6]);
    expect(pages.flat()).toEqual(started.toReversed());
  });

  it("are none before the first, and no cursor of another list leads to them", async () => {
    const sweeping = startSweeping(0);
    await sweeping.apply();
    const sweep = await sweeping.sweep();
    expect(await listRounds(sweeping.ports, sweep, null)).toEqual({ rounds: [], next: null });
    expect(await listRounds(sweeping.ports, sweep, "nonsense")).toBeNull();
  });
});

describe("one round", () => {
  it("names the runs that have its machines, and the columns of its rows", async () => {
    const sweeping = startSweeping(3);
    await sweeping.apply({ ...DEFINITION, profiles: ["sweep-local-administrators"] });
    await sweeping.start();
    await sweeping.ticks(5);
    const sent = await sweeping.sequences();
    expect(sent).toHaveLength(3);
    const { runs, columns } = describeWholeRound(await sweeping.round());
    expect(runs).toEqual([...new Set(sent.map(({ runId }) => runId))]);
    expect(columns).toEqual(["kind", "member", "via", "id", "enabled"]);
  });
});
