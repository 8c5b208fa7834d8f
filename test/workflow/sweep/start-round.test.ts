import { describe, expect, it } from "vitest";
import type { Ledger } from "../../../shared/ports.ts";
import { DEFINITION, MINUTE_MS, startSweeping } from "./sweeping.ts";

const EVERY_TEN = { cron: "*/10 * * * *", zone: "Etc/UTC" };

const outOfReach = async () => await Promise.reject(new Error("storage is out of reach"));
const GONE: Ledger = { read: outOfReach, list: outOfReach, commit: outOfReach };

/** A sweep that is due every ten minutes, and was looked at. */
async function scheduled(over: object = {}) {
  const sweeping = startSweeping(1);
  await sweeping.apply({ ...DEFINITION, schedule: EVERY_TEN, overlap: "allow", ...over });
  await sweeping.ticks(1);
  const rounds = async () => (await sweeping.sweep()).rounds;
  const untilDue = async () => {
    const before = await rounds();
    while ((await rounds()) === before) await sweeping.ticks(1);
  };
  return { sweeping, rounds, untilDue };
}

/** The lines about rounds. */
function roundsIn(logged: readonly object[]): readonly object[] {
  return logged.filter((line) => "event" in line && String(line.event).startsWith("round"));
}

describe("the log of the app", () => {
  it("says that a round started, who started it, and what it had reached when it ended", async () => {
    const sweeping = startSweeping(2);
    await sweeping.apply();
    const round = await sweeping.start();
    const started = { event: "roundStarted", name: "triage", round, by: "hunter" };
    expect(roundsIn(sweeping.logged)).toEqual([started]);
    await sweeping.ticks(3);
    await sweeping.endAll();
    await sweeping.ticks(2);
    const reached = { targeted: 2, reached: 2, short: false };
    const ended = { event: "roundEnded", name: "triage", round, ...reached, why: "done" };
    expect(roundsIn(sweeping.logged)).toEqual([started, ended]);
  });

  it("says once that the schedule started one, however many hosts look at once", async () => {
    const { sweeping, untilDue } = await scheduled();
    await untilDue();
    sweeping.logged.length = 0;
    sweeping.pass(10 * MINUTE_MS);
    await Promise.all([sweeping.ticks(1), sweeping.ticks(1), sweeping.ticks(1)]);
    const { rounds: round } = await sweeping.sweep();
    expect(roundsIn(sweeping.logged)).toEqual([
      { event: "roundStarted", name: "triage", round, by: null },
    ]);
  });
});

describe("a due time", () => {
  it("starts one round, however many hosts look at once", async () => {
    const { sweeping, rounds } = await scheduled();
    const before = await rounds();
    sweeping.pass(10 * MINUTE_MS);
    await Promise.all([sweeping.ticks(1), sweeping.ticks(1), sweeping.ticks(1)]);
    expect(await rounds()).toBe(before + 1);
  });

  it("starts no second round when the clock goes back and comes there again", async () => {
    const { sweeping, rounds, untilDue } = await scheduled();
    await untilDue();
    const first = await rounds();
    sweeping.pass(-5 * MINUTE_MS);
    await sweeping.ticks(5);
    expect(await rounds()).toBe(first);
    await untilDue();
    const [before, after] = [await sweeping.round(first), await sweeping.round(first + 1)];
    expect((after.dueAtMs ?? 0) - (before.dueAtMs ?? 0)).toBe(10 * MINUTE_MS);
  });

  it("is made up once, the last of several, when nobody has looked", async () => {
    const { sweeping, rounds, untilDue } = await scheduled();
    await untilDue();
    const before = await rounds();
    sweeping.pass(65 * MINUTE_MS);
    await sweeping.ticks(1);
    expect(await rounds()).toBe(before + 1);
    const { dueAtMs } = await sweeping.round(before + 1);
    expect(sweeping.nowMs() - (dueAtMs ?? 0)).toBeLessThanOrEqual(11 * MINUTE_MS);
  });

  it("that is missed for a later one is counted in the log, with the first and the last", async () => {
    const { sweeping, untilDue } = await scheduled();
    await untilDue();
    expect(await sweeping.skipped()).toEqual([]);
    sweeping.pass(29 * MINUTE_MS);
    await Promise.all([sweeping.ticks(1), sweeping.ticks(1)]);
    const missed = "times were due from 2026-11-20T10:20:00.000Z to 2026-11-20T10:40:00.000Z";
    expect((await sweeping.log()).slice(-2)).toEqual([
      ["roundSkipped", `3 ${missed}, and only the last one starts`],
      ["roundStarted", "round 2, due at 2026-11-20T10:40:00.000Z"],
    ]);
  });

  it("that is skipped with others for an open round is counted in the log", async () => {
    const { sweeping, untilDue } = await scheduled({ overlap: "skip" });
    await untilDue();
    sweeping.pass(29 * MINUTE_MS);
    await sweeping.ticks(1);
    const missed = "times were due from 2026-11-20T10:20:00.000Z to 2026-11-20T10:40:00.000Z";
    expect(await sweeping.skipped()).toEqual([`3 ${missed}, and round 1 is open`]);
  });

  it("starts none when its deadline is over, and the log says so", async () => {
    const { sweeping, rounds, untilDue } = await scheduled({ startingDeadline: "1m" });
    await untilDue();
    const before = await rounds();
    // Between two due times, and more than a minute after the last.
    sweeping.pass(65 * MINUTE_MS);
    await sweeping.ticks(1);
    expect(await rounds()).toBe(before);
    const missed = "times were due from 2026-11-20T10:20:00.000Z to 2026-11-20T11:10:00.000Z";
    expect(await sweeping.skipped()).toEqual([`6 ${missed}, and the starting deadline is over`]);
    await untilDue();
    expect(await rounds()).toBe(before + 1);
  });

  it("starts its round late when storage was out of reach at that time", async () => {
    const { sweeping, rounds, untilDue } = await scheduled();
    await untilDue();
    const before = await rounds();
    for (let minute = 0; minute < 12; minute += 1) {
      await expect(sweeping.ticks(1, GONE)).rejects.toThrow("out of reach");
      sweeping.pass(MINUTE_MS);
    }
    expect(await rounds()).toBe(before);
    await sweeping.ticks(1);
    expect(await rounds()).toBe(before + 1);
    const [last, late] = [await sweeping.round(before), await sweeping.round(before + 1)];
    expect((late.dueAtMs ?? 0) - (last.dueAtMs ?? 0)).toBe(10 * MINUTE_MS);
  });
});
