import { describe, expect, it } from "vitest";
import { endedAs } from "../../../shared/sweep/round.ts";
import { rerunRound } from "../../../shared/workflow/sweep/rerun-round.ts";
import { stopRound } from "../../../shared/workflow/sweep/steer-round.ts";
import { deleteSweep } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { committing, DEFINITION, idOf, startSweeping, type Sweeping } from "./sweeping.ts";

const LAST = { name: DEFINITION.name, number: 1, by: "hunter" };
const NO_PAUSE = { failedShare: 1, of: 1_000 };

type How = Parameters<Sweeping["endAll"]>[0];

async function goOn(sweeping: Sweeping, minutes: number, how?: How): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await sweeping.ticks(1);
    await sweeping.endAll(how);
  }
}

/** A round of so many machines that has ended, and all of them failed. */
async function allFailed(count: number, over: object = {}): Promise<Sweeping> {
  const sweeping = startSweeping(count);
  await sweeping.apply({ ...DEFINITION, pauseAfter: NO_PAUSE, ...over });
  await sweeping.start();
  await goOn(sweeping, 10 + count / 5, () => "failed");
  expect(await sweeping.round()).toMatchObject({ state: "ended" });
  return sweeping;
}

/** The ledger as a process has it that dies with its n-th transaction that marks machines. */
function dyingAt(mark: number, sweeping: Sweeping) {
  let marks = 0;
  const ledger = committing(sweeping.ports.ledger, async (changes) => {
    if (changes.some(({ key }) => key.startsWith("held!"))) marks += 1;
    if (marks >= mark) await Promise.reject(new Error("the process is gone"));
  });
  return { ...sweeping.ports, ledger };
}

const noticesOf = async ({ ports }: Sweeping) => await ports.ledger.list("news!", "news!~", 100);

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

  it("is not over before its first machine is asked, even if a tick comes in between", async () => {
    const sweeping = await allFailed(10);
    const told = (await noticesOf(sweeping)).length;
    let ticks = 0;
    const between = committing(sweeping.ports.ledger, async (changes) => {
      if (ticks > 0 || !changes.some(({ key }) => key.startsWith("held!"))) return;
      ticks += 1;
      await sweeping.ticks(1);
    });
    const came = await rerunRound({ ...sweeping.ports, ledger: between }, LAST);
    expect(ticks).toBe(1);
    expect(came).toEqual({ kind: "again", machines: 10 });
    expect(await sweeping.round()).toMatchObject({ state: "running" });
    expect(await noticesOf(sweeping)).toHaveLength(told);
    await goOn(sweeping, 12);
    expect(endedAs((await sweeping.round()).counts, "succeeded")).toBe(10);
  });

  it("goes on by itself after the process died in the middle of it", async () => {
    const sweeping = await allFailed(150);
    await expect(rerunRound(dyingAt(2, sweeping), LAST)).rejects.toThrow("gone");
    expect((await sweeping.round()).rerun).toMatchObject({ machines: 45 });
    await goOn(sweeping, 40);
    const { counts, state } = await sweeping.round();
    expect([state, counts.targeted, endedAs(counts, "succeeded")]).toEqual(["ended", 150, 150]);
  });

  it("asks nobody else, and drops nobody for a machine that is new", async () => {
    for (const limit of [2, null]) {
      const sweeping = await allFailed(2, { limit });
      const [first, second] = [...sweeping.machines.values()];
      if (first === undefined || second === undefined) throw new Error("no machines");
      const fresh = { ...first, machineId: idOf(0), name: "new.contoso.example" };
      sweeping.machines.clear();
      for (const each of [fresh, first, second]) sweeping.machines.set(each.machineId, each);
      expect(await rerunRound(sweeping.ports, LAST)).toEqual({ kind: "again", machines: 2 });
      await goOn(sweeping, 12);
      const asked = new Set((await sweeping.sequences()).map(({ machineId }) => machineId));
      expect(asked).toEqual(new Set([first.machineId, second.machineId]));
      const { counts, state } = await sweeping.round();
      expect([state, counts.targeted, endedAs(counts, "succeeded")]).toEqual(["ended", 2, 2]);
    }
  });

  it("is one for all who ask at once, and for nobody when no machine is left to ask", async () => {
    const sweeping = await allFailed(150);
    const asked = Array.from({ length: 20 }, async () => await rerunRound(sweeping.ports, LAST));
    const came = new Set((await Promise.all(asked)).map(({ kind }) => kind));
    expect(came).toContain("again");
    expect(await sweeping.round()).toMatchObject({ reruns: 1, rerun: { machines: 150 } });
    const { ledger } = sweeping.ports;
    const facts = await ledger.list("audit!", "audit!~", 1_000);
    expect(facts.filter(({ body }) => JSON.stringify(body).includes("roundRerun"))).toHaveLength(1);
    await goOn(sweeping, 40);
    expect(await sweeping.round()).toMatchObject({ state: "ended" });
    const detail = "Round 1 of triage has missed no machine that could be asked again.";
    expect(await rerunRound(sweeping.ports, LAST)).toEqual({ kind: "notNow", detail });
    expect(await sweeping.round()).toMatchObject({ state: "ended", reruns: 1 });
  });

  it("is refused after the sweep was deleted", async () => {
    const sweeping = await allFailed(5);
    await deleteSweep(sweeping.ports, sweeping.settings.limits, {
      name: DEFINITION.name,
      by: "hunter",
    });
    const sent = (await sweeping.sequences()).length;
    expect(await rerunRound(sweeping.ports, LAST)).toEqual({
      kind: "notNow",
      detail: "The sweep triage was deleted.",
    });
    await sweeping.ticks(3);
    expect(await sweeping.sequences()).toHaveLength(sent);
    expect(await sweeping.round()).toMatchObject({ state: "ended" });
  });

  it("says that it was stopped of machines that no listing has looked for since", async () => {
    const sweeping = await allFailed(5);
    await rerunRound(sweeping.ports, LAST);
    await stopRound(sweeping.ports, sweeping.settings.limits, LAST, false);
    await sweeping.ticks(2);
    const { counts, state } = await sweeping.round();
    expect([state, counts.targeted, endedAs(counts, "stopped")]).toEqual(["ended", 5, 5]);
  });

  it("pauses again when too many of those that it asks again fail", async () => {
    const sweeping = await allFailed(20, { pauseAfter: { failedShare: 0.5, of: 15 } });
    await rerunRound(sweeping.ports, LAST);
    await goOn(sweeping, 6, ({ machineId }) => (machineId === idOf(1) ? null : "failed"));
    expect((await sweeping.round()).paused).toMatchObject({ code: "failures" });
  });

  it("makes a listing begin anew that has read what was known before", async () => {
    const sweeping = startSweeping(20);
    const [away] = [...sweeping.machines.values()];
    if (away === undefined) throw new Error("no machine");
    // It keeps the round open, so that the round lists again after an hour.
    sweeping.machines.set(away.machineId, { ...away, lastSeenAtMs: 0 });
    await sweeping.apply({ ...DEFINITION, pauseAfter: NO_PAUSE });
    await sweeping.start();
    await goOn(sweeping, 8, () => "failed");
    expect(endedAs((await sweeping.round()).counts, "failed")).toBe(19);
    sweeping.pass(3_600_000);
    let reruns = 0;
    const listing = committing(sweeping.ports.ledger, async (changes) => {
      if (reruns > 0 || !changes.some(({ key }) => key === "asked")) return;
      reruns += 1;
      await rerunRound(sweeping.ports, LAST);
    });
    await sweeping.ticks(1, listing);
    expect(reruns).toBe(1);
    await sweeping.ticks(1);
    expect((await sweeping.round()).counts.held).toBe(1);
  });
});
