import { describe, expect, it } from "vitest";
import { claim, giveBack } from "../../../shared/ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { moveOnce } from "../../../shared/store/change-sequence.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { endedAs } from "../../../shared/sweep/round.ts";
import { pauseRound, resumeRound, stopRound } from "../../../shared/workflow/sweep/steer-round.ts";
import { A_NONCE } from "../../ledger/a-sequence.ts";
import { committing, DEFINITION, startSweeping } from "./sweeping.ts";

const LAST = { name: DEFINITION.name, number: 1, by: "hunter" };

describe("a round that is stopped", () => {
  it("sends nothing more, cancels what waits, and counts every machine", async () => {
    const sweeping = startSweeping(60);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(5);
    const sent = await sweeping.sequences();
    expect(sent.length).toBeGreaterThan(0);
    const { limits } = sweeping.settings;
    expect(await stopRound(sweeping.ports, limits, LAST, false)).toMatchObject({ kind: "done" });
    expect((await sweeping.sequences()).every(({ state }) => state === "cancelled")).toBe(true);
    await sweeping.ticks(3);
    expect(await sweeping.sequences()).toHaveLength(sent.length);
    const { counts, ...round } = await sweeping.round();
    expect(round).toMatchObject({ state: "ended", closed: { why: "stopped", by: "hunter" } });
    expect(endedAs(counts, "cancelled") + endedAs(counts, "stopped")).toBe(60);
    expect(await stopRound(sweeping.ports, limits, LAST, false)).toMatchObject({ kind: "notNow" });
  });

  it("lets go on what is under way, and does not try that again", async () => {
    const sweeping = startSweeping(3);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    const [first] = await sweeping.sequences();
    const { ports, settings } = sweeping;
    const moved = async (change: (record: SequenceRecord) => SequenceRecord) => {
      const before = await loadSequence(ports.ledger, first?.sequenceId ?? "");
      if (before === null) throw new Error("the sequence is gone");
      await moveOnce(ports, { before, after: change(before.value), nowMs: sweeping.nowMs() });
    };
    await moved((record) => claim(record, sweeping.nowMs(), A_NONCE));
    await stopRound(ports, settings.limits, LAST, false);
    const states = async () => (await sweeping.sequences()).map(({ state }) => state).toSorted();
    expect(await states()).toEqual(["cancelled", "cancelled", "claimed"]);
    await moved((record) => giveBack(record, { kind: "ready" }, null));
    expect(await states()).toEqual(["cancelled", "cancelled", "cancelled"]);
    await sweeping.ticks(3);
    const { state, counts } = await sweeping.round();
    expect([state, endedAs(counts, "cancelled")]).toEqual(["ended", 3]);
  });

  it("sends nothing even if it is stopped while machines are being accepted", async () => {
    const sweeping = startSweeping(20);
    await sweeping.apply();
    await sweeping.start();
    const { ports, settings } = sweeping;
    let stops = 0;
    const stopping = committing(ports.ledger, async (changes) => {
      if (stops > 0 || !changes.some(({ key }) => key.startsWith("run!"))) return;
      stops += 1;
      await stopRound(ports, settings.limits, LAST, false);
    });
    await sweeping.ticks(4, stopping);
    expect(stops).toBe(1);
    expect(await sweeping.sequences()).toEqual([]);
    await sweeping.ticks(2);
    const { state, counts } = await sweeping.round();
    expect([state, endedAs(counts, "stopped")]).toEqual(["ended", 20]);
  });
});

describe("a round that is paused", () => {
  it("sends nothing until it is resumed", async () => {
    const sweeping = startSweeping(60);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    await pauseRound(sweeping.ports, LAST);
    const sent = (await sweeping.sequences()).length;
    await sweeping.endAll();
    await sweeping.ticks(8);
    expect(await sweeping.sequences()).toHaveLength(sent);
    expect(await resumeRound(sweeping.ports, LAST)).toMatchObject({ kind: "done" });
    await sweeping.ticks(8);
    expect((await sweeping.sequences()).length).toBeGreaterThan(sent);
  });
});
