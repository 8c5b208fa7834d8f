import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { claim, giveBack } from "../../../shared/ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { moveOnce } from "../../../shared/store/change-sequence.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { endedAs } from "../../../shared/sweep/round.ts";
import {
  pauseRound,
  rerunRound,
  resumeRound,
  stopRound,
} from "../../../shared/workflow/sweep/steer-round.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { A_NONCE } from "../../ledger/a-sequence.ts";
import { DEFINITION, startSweeping } from "./sweeping.ts";

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

describe("a rerun", () => {
  it("sends the failures again, in the same round, and nothing else", async () => {
    const sweeping = startSweeping(10);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    const failing = new Set(
      (await sweeping.sequences()).slice(0, 3).map(({ machineId }) => machineId),
    );
    await sweeping.endAll(({ machineId }) => (failing.has(machineId) ? "failed" : "succeeded"));
    await sweeping.ticks(1);
    expect(await sweeping.round()).toMatchObject({ state: "ended" });
    expect(await rerunRound(sweeping.ports, LAST)).toEqual({ kind: "again", machines: 3 });
    await sweeping.ticks(6);
    const again = (await sweeping.sequences()).filter(({ state }) => state === "waiting");
    expect(new Set(again.map(({ machineId }) => machineId))).toEqual(failing);
    await sweeping.endAll();
    await sweeping.ticks(2);
    const { counts, state, reruns } = await sweeping.round();
    expect([state, reruns, counts.targeted, endedAs(counts, "succeeded")]).toEqual([
      "ended",
      1,
      10,
      10,
    ]);
  });

  it("loses no machine to a listing that has read what was known before", async () => {
    const MACHINES = 100;
    const sweeping = startSweeping(MACHINES);
    await sweeping.apply({ ...DEFINITION, pauseAfter: { failedShare: 1, of: MACHINES } });
    await sweeping.start();
    for (let minute = 0; minute < 20; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll(() => "failed");
    }
    expect(await sweeping.round()).toMatchObject({ state: "ended" });
    const { ledger } = sweeping.ports;
    const gate = new EventEmitter();
    // The rerun marks some machines, and the rest once the listing has read which are known.
    let marks = 0;
    const rerunning = committing(ledger, async (changes) => {
      if (!changes.some(({ key }) => key.startsWith("swept!"))) return;
      marks += 1;
      if (marks !== 2) return;
      gate.emit("half marked");
      await once(gate, "listed");
    });
    const listing = committing(ledger, async (changes) => {
      if (!changes.some(({ key }) => key === "asked") || gate.listenerCount("listed") === 0) return;
      gate.emit("listed");
      await once(gate, "marked");
    });
    const halfMarked = once(gate, "half marked");
    const rerun = rerunRound({ ...sweeping.ports, ledger: rerunning }, LAST);
    await halfMarked;
    const tick = sweeping.ticks(1, listing);
    expect(await rerun).toEqual({ kind: "again", machines: MACHINES });
    gate.emit("marked");
    await tick;
    for (let minute = 0; minute < 20; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll();
    }
    const { counts, state } = await sweeping.round();
    expect([state, counts.targeted, endedAs(counts, "succeeded")]).toEqual([
      "ended",
      MACHINES,
      MACHINES,
    ]);
  });
});

/** The ledger, whose commits wait for what is given. */
function committing(
  ledger: Ledger,
  before: (changes: Parameters<Ledger["commit"]>[0]) => Promise<void>,
): Ledger {
  return {
    read: async (key) => await ledger.read(key),
    list: async (from, until, limit) => await ledger.list(from, until, limit),
    commit: async (changes) => {
      await before(changes);
      return await ledger.commit(changes);
    },
  };
}
