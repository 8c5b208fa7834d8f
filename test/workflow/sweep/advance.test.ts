import { describe, expect, it } from "vitest";
import { roundKey, sweptKey } from "../../../shared/ledger/row/sweep-keys.ts";
import { commitOnce } from "../../../shared/store/transact.ts";
import { endedAs, endedIn, type RoundCounts } from "../../../shared/sweep/round.ts";
import { resumeRound, stopRound } from "../../../shared/workflow/sweep/steer-round.ts";
import { NOTICE } from "../../../shared/ledger/row/keys.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { aMachine } from "../known-machines.ts";
import { DEFINITION, idOf, MINUTE_MS, startSweeping } from "./sweeping.ts";

const total = (counts: RoundCounts) =>
  counts.waiting + counts.held + counts.inHand + counts.sent + endedIn(counts);

/** Some of each batch go on, so that no batch is counted before it is full. */
const goesOn = (id: string) => Number.parseInt(id, 16) % 20 === 0;

describe("a round", () => {
  it("sends every machine once and ends with all of them counted", async () => {
    const sweeping = startSweeping(35);
    await sweeping.apply();
    await sweeping.start();
    for (let minute = 0; minute < 12; minute += 1) {
      await sweeping.ticks(1);
      const { counts } = await sweeping.round();
      expect(total(counts)).toBe(counts.targeted);
      await sweeping.endAll();
    }
    const sequences = await sweeping.sequences();
    expect(sequences.map(({ machineId }) => machineId).toSorted()).toEqual(
      [...sweeping.machines.keys()].toSorted(),
    );
    expect(sequences.every(({ lane, sweep }) => lane === 3 && sweep?.name === "triage")).toBe(true);
    expect(await sweeping.round()).toMatchObject({
      state: "ended",
      closed: { why: "done" },
      counts: { targeted: 35, waiting: 0, sent: 0, ended: [{ how: "succeeded", count: 35 }] },
    });
    expect(await sweeping.sweep()).toMatchObject({
      open: [],
      last: { round: 1, targeted: 35, reached: 35, short: false },
    });
  });

  it("begins another batch when the machines in hand do not fit into the present one", async () => {
    const sweeping = startSweeping(300);
    await sweeping.apply({ ...DEFINITION, firstWave: 5 });
    await sweeping.start();
    for (let minute = 0; minute < 60; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll(({ machineId }) => (goesOn(machineId) ? null : "succeeded"));
    }
    const sequences = await sweeping.sequences();
    expect(sequences).toHaveLength(300);
    const batches = new Map<number, number>();
    for (const { sweep } of sequences) {
      const batch = sweep?.batch ?? 0;
      batches.set(batch, (batches.get(batch) ?? 0) + 1);
    }
    expect([...batches.values()].every((machines) => machines <= 200)).toBe(true);
  });

  it("sends no more than its share of the calls", async () => {
    const sweeping = startSweeping(200);
    await sweeping.apply({ ...DEFINITION, share: 0.5 });
    await sweeping.start();
    for (let minute = 0; minute < 20; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll();
    }
    const sent = (await sweeping.sequences()).length;
    // Five a minute, and at most four minutes' worth at once.
    expect(sent).toBeGreaterThan(70);
    expect(sent).toBeLessThanOrEqual(100);
  });

  it("holds machines that have not reported lately, and sends them once they have", async () => {
    const sweeping = startSweeping(3);
    const old = sweeping.nowMs() - 48 * 60 * MINUTE_MS;
    sweeping.machines.set(idOf(2), aMachine(idOf(2), { name: "pc-2", lastSeenAtMs: old }));
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    await sweeping.endAll();
    await sweeping.ticks(1);
    expect(await sweeping.round()).toMatchObject({
      state: "running",
      counts: { held: 1, ended: [{ how: "succeeded", count: 2 }] },
    });
    sweeping.pass(60 * MINUTE_MS);
    const awake = { name: "pc-2", lastSeenAtMs: sweeping.nowMs() };
    sweeping.machines.set(idOf(2), aMachine(idOf(2), awake));
    await sweeping.ticks(3);
    await sweeping.endAll();
    await sweeping.ticks(1);
    expect(await sweeping.round()).toMatchObject({ state: "ended", counts: { targeted: 3 } });
  });

  it("lets machines join that appear while it is open", async () => {
    const sweeping = startSweeping(2);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    sweeping.pass(61 * MINUTE_MS);
    const late = { name: "late", lastSeenAtMs: sweeping.nowMs() };
    sweeping.machines.set(idOf(9), aMachine(idOf(9), late));
    await sweeping.ticks(4);
    await sweeping.endAll();
    await sweeping.ticks(2);
    expect(await sweeping.round()).toMatchObject({
      state: "ended",
      counts: { targeted: 3, ended: [{ how: "succeeded", count: 3 }] },
    });
  });

  it("asks no machine again of which another version has written what became of it", async () => {
    const sweeping = startSweeping(6);
    await sweeping.apply();
    await sweeping.start();
    await sweeping.ticks(3);
    const key = sweptKey("triage", idOf(4));
    const row = await sweeping.ports.ledger.read(key);
    const body = { ...Object(row?.body), v: 2 };
    await sweeping.ports.ledger.commit([{ op: "replace", key, body, etag: row?.etag ?? "" }]);
    sweeping.pass(61 * MINUTE_MS);
    await sweeping.ticks(4);
    expect(await sweeping.sequences()).toHaveLength(6);
    expect((await sweeping.round()).counts).toMatchObject({ targeted: 6, waiting: 0 });
  });

  it("lets the first machines go alone until half of them have succeeded", async () => {
    const sweeping = startSweeping(30);
    await sweeping.apply({ ...DEFINITION, firstWave: 4 });
    await sweeping.start();
    await sweeping.ticks(6);
    expect(await sweeping.sequences()).toHaveLength(4);
    expect((await sweeping.round()).hindrance).toMatchObject({ code: "firstWave" });
    await sweeping.endAll();
    await sweeping.ticks(8);
    expect((await sweeping.sequences()).length).toBeGreaterThan(4);
  });

  it("pauses when too many machines fail, and wants a person until it goes on or ends", async () => {
    const sweeping = startSweeping(120);
    await sweeping.apply({ ...DEFINITION, pauseAfter: { failedShare: 0.2, of: 5 } });
    await sweeping.start();
    await sweeping.ticks(6);
    await sweeping.endAll(() => "failed");
    await sweeping.ticks(2);
    expect((await sweeping.round()).paused).toMatchObject({ code: "failures" });
    const sent = (await sweeping.sequences()).length;
    await sweeping.ticks(10);
    expect(await sweeping.sequences()).toHaveLength(sent);
    const stalled = async () => (await sweeping.sweep()).stalled;
    expect(await stalled()).toMatchObject([{ round: 1 }]);
    const last = { name: DEFINITION.name, number: 1, by: "hunter" };
    await resumeRound(sweeping.ports, last);
    expect(await stalled()).toEqual([]);
    await sweeping.ticks(6);
    await sweeping.endAll(() => "failed");
    await sweeping.ticks(2);
    expect(await stalled()).toHaveLength(1);
    await stopRound(sweeping.ports, sweeping.settings.limits, last, false);
    expect(await stalled()).toEqual([]);
  });

  it("pauses, and its sweep says so, when what it would send is refused for good", async () => {
    const sweeping = startSweeping(5);
    await sweeping.apply();
    await sweeping.start();
    const round = await sweeping.round();
    const definition = { ...round.definition, parameters: { nope: "x" } };
    const [key, body] = [roundKey(DEFINITION.name, 1), { ...round, definition }];
    await commitOnce(sweeping.ports, [{ op: "upsert", key, body }]);
    await sweeping.ticks(6);
    const { state, paused } = await sweeping.round();
    expect([state, paused?.code]).toEqual(["running", "invalid"]);
    expect(paused?.detail).toContain("parameters.nope");
    expect((await sweeping.sweep()).stalled).toMatchObject([{ round: 1, detail: paused?.detail }]);
    const last = { name: DEFINITION.name, number: 1, by: "hunter" };
    await resumeRound(sweeping.ports, last);
    expect(await sweeping.round()).toMatchObject({ paused: null, hindrance: null });
    expect(await sweeping.sequences()).toEqual([]);
  });

  it("expires: what was not sent is written down with the reason", async () => {
    const sweeping = startSweeping(100);
    await sweeping.apply({ ...DEFINITION, expires: "5m" });
    await sweeping.start();
    await sweeping.ticks(4);
    await sweeping.endAll();
    sweeping.pass(5 * MINUTE_MS);
    await sweeping.ticks(4);
    const { counts, ...round } = await sweeping.round();
    expect(round).toMatchObject({ state: "ended", closed: { why: "expired" } });
    expect(endedAs(counts, "expired")).toBe(100 - endedAs(counts, "succeeded"));
    const { last } = await sweeping.sweep();
    expect(last).toMatchObject({ short: true, targeted: 100 });
    expect(await noticesOf(sweeping.ports.ledger)).toMatchObject([
      {
        event: "sweep.short",
        about: { sweep: "triage", round: 1, targeted: 100, reached: last?.reached, coverage: 0.9 },
      },
    ]);
  });
});

async function noticesOf(ledger: Ledger): Promise<unknown[]> {
  return (await ledger.list(NOTICE.from, NOTICE.before, 10)).map(({ body }) => body);
}
