import { describe, expect, it } from "vitest";
import {
  deleteSweep,
  pauseSweep,
  resumeSweep,
} from "../../../shared/workflow/sweep/steer-sweep.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const BY = { name: "triage", by: "hunter" };
const SCHEDULED = { ...DEFINITION, schedule: { cron: "*/10 * * * *", zone: "Etc/UTC" } };

/** A sweep that was due at 10:10, and nobody has looked since 10:09. */
async function justDue(): Promise<Sweeping> {
  const sweeping = startSweeping(1);
  await sweeping.apply(SCHEDULED);
  await sweeping.ticks(10);
  sweeping.pass(MINUTE_MS / 2);
  return sweeping;
}

describe("a sweep that is resumed", () => {
  it("says in the log how often it was due while it was paused, and makes up nothing", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply(SCHEDULED);
    await pauseSweep(sweeping.ports, BY);
    sweeping.pass(35 * MINUTE_MS);
    await sweeping.ticks(1);
    expect(await sweeping.skipped()).toEqual([]);
    await Promise.all([resumeSweep(sweeping.ports, BY), resumeSweep(sweeping.ports, BY)]);
    await sweeping.ticks(1);
    const missed = "times were due from 2026-11-20T10:10:00.000Z to 2026-11-20T10:30:00.000Z";
    expect((await sweeping.log()).slice(-2)).toEqual([
      ["roundSkipped", `3 ${missed}, and the sweep was paused`],
      ["sweepResumed", ""],
    ]);
    expect((await sweeping.sweep()).rounds).toBe(0);
  });

  it("has no such line if nothing was due meanwhile", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply(SCHEDULED);
    await pauseSweep(sweeping.ports, BY);
    sweeping.pass(5 * MINUTE_MS);
    await resumeSweep(sweeping.ports, BY);
    expect(await sweeping.skipped()).toEqual([]);
  });
});

describe("a sweep that was just due", () => {
  it.each(["paused", "deleted"])("says that it was %s before a round started", async (how) => {
    const sweeping = await justDue();
    const { ports, settings } = sweeping;
    if (how === "paused") await pauseSweep(ports, BY);
    else await deleteSweep(ports, settings.limits, BY);
    await resumeSweep(sweeping.ports, BY);
    await sweeping.ticks(1);
    expect(await sweeping.skipped()).toEqual([
      `due at 2026-11-20T10:10:00.000Z, and the sweep was ${how} before a round started`,
    ]);
    expect((await sweeping.sweep()).rounds).toBe(0);
  });

  it("has no such line if it is deleted while it is paused", async () => {
    const sweeping = startSweeping(1);
    await sweeping.put(SCHEDULED);
    sweeping.pass(35 * MINUTE_MS);
    await deleteSweep(sweeping.ports, sweeping.settings.limits, BY);
    expect(await sweeping.skipped()).toEqual([]);
  });
});

describe("a sweep that is deleted", () => {
  it("has cancelled what its open rounds have sent and waits, once this has answered", async () => {
    const sweeping = startSweeping(6);
    await sweeping.apply({ ...DEFINITION, overlap: "allow" });
    await sweeping.start();
    await sweeping.ticks(3);
    const statesNow = async () => new Set((await sweeping.sequences()).map(({ state }) => state));
    expect(await statesNow()).toEqual(new Set(["waiting"]));
    await deleteSweep(sweeping.ports, sweeping.settings.limits, BY);
    expect(await statesNow()).toEqual(new Set(["cancelled"]));
  });
});
