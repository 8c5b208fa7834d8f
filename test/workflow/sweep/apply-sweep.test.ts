import { describe, expect, it } from "vitest";
import { isoOf } from "../../../shared/ledger/row/instant.ts";
import { deleteSweep, pauseSweep } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const BY = { name: "triage", by: "hunter" };
const EVERY_TEN = { cron: "*/10 * * * *", zone: "Etc/UTC" };
const HOURLY = { cron: "0 * * * *", zone: "Etc/UTC" };

/** A sweep that was due at 10:10, and nobody has looked since 10:09. */
async function justDue(over: object = {}): Promise<Sweeping> {
  const sweeping = startSweeping(1);
  await sweeping.apply({ ...DEFINITION, schedule: EVERY_TEN, ...over });
  await sweeping.ticks(10);
  sweeping.pass(MINUTE_MS / 2);
  return sweeping;
}

/** `minutes` after now, as a schedule that is due once. */
function onceIn(sweeping: Sweeping, minutes: number) {
  return { once: isoOf(sweeping.nowMs() + minutes * MINUTE_MS) };
}

describe("a changed definition", () => {
  it("starts what was due by the same schedule, as the new definition says", async () => {
    const sweeping = await justDue();
    await sweeping.put({ ...DEFINITION, schedule: EVERY_TEN, title: "Another title" });
    await sweeping.ticks(1);
    expect(await sweeping.round(1)).toMatchObject({
      dueAtMs: Date.parse("2026-11-20T10:10:00Z"),
      definition: { title: "Another title" },
    });
    expect(await sweeping.skipped()).toEqual([]);
  });

  it("keeps no round from starting, however often somebody applies one", async () => {
    const sweeping = await justDue({ overlap: "allow" });
    for (let minute = 0; minute < 30; minute += 1) {
      await sweeping.put({
        ...DEFINITION,
        schedule: EVERY_TEN,
        overlap: "allow",
        title: `${minute}`,
      });
      await sweeping.ticks(1);
    }
    expect((await sweeping.sweep()).rounds).toBe(3);
    expect(await sweeping.skipped()).toEqual([]);
  });

  it("says in the log what was still due by another schedule, and starts none for it", async () => {
    const sweeping = await justDue();
    await sweeping.put({ ...DEFINITION, schedule: HOURLY });
    await sweeping.ticks(1);
    expect((await sweeping.sweep()).rounds).toBe(0);
    expect((await sweeping.log()).slice(-2)).toEqual([
      [
        "roundSkipped",
        "due at 2026-11-20T10:10:00.000Z, and the schedule was changed before a round started",
      ],
      ["sweepApplied", (await sweeping.sweep()).hash],
    ]);
  });

  it("and a look at the same time start one round, or leave one line in the log", async () => {
    for (const schedule of [EVERY_TEN, HOURLY]) {
      const sweeping = await justDue();
      const put = sweeping.put({ ...DEFINITION, schedule, title: "Another title" });
      await Promise.all([sweeping.ticks(1), put, sweeping.ticks(1)]);
      await sweeping.ticks(1);
      expect((await sweeping.sweep()).rounds + (await sweeping.skipped()).length).toBe(1);
    }
  });

  it("leaves no line of what was due while the sweep was paused, if the schedule changes", async () => {
    const sweeping = startSweeping(1);
    await sweeping.put({ ...DEFINITION, schedule: EVERY_TEN });
    sweeping.pass(25 * MINUTE_MS);
    await sweeping.apply({ ...DEFINITION, schedule: HOURLY });
    expect(await sweeping.skipped()).toEqual([]);
  });
});

describe("a single due time", () => {
  it("is refused if it has passed, and the answer says what to change", async () => {
    const sweeping = startSweeping(1);
    const past = { ...DEFINITION, schedule: onceIn(sweeping, 0) };
    const refused = {
      kind: "invalid",
      problems: [
        {
          path: "schedule.once",
          message:
            "Send an instant after now, 2026-11-20T10:00:00.000Z, or leave out the schedule.",
        },
      ],
    };
    expect(await sweeping.put(past)).toEqual(refused);
    expect(await sweeping.put({ ...DEFINITION, schedule: EVERY_TEN })).toMatchObject({
      kind: "applied",
    });
    expect(await sweeping.put(past)).toEqual(refused);
    await deleteSweep(sweeping.ports, sweeping.settings.limits, BY);
    expect(await sweeping.put(past)).toEqual(refused);
  });

  it("may have passed if it is the one that is there, and starts no second round", async () => {
    const sweeping = startSweeping(1);
    const soon = { ...DEFINITION, schedule: onceIn(sweeping, 5) };
    await sweeping.apply(soon);
    await sweeping.ticks(7);
    expect(await sweeping.put(soon)).toMatchObject({ kind: "applied", isNew: false });
    const titled = await sweeping.put({ ...soon, title: "Another title" });
    expect(titled).toMatchObject({
      kind: "applied",
      sweep: { definition: { title: "Another title" } },
    });
    await sweeping.ticks(2);
    expect((await sweeping.sweep()).rounds).toBe(1);
    expect(await sweeping.skipped()).toEqual([]);
  });

  it("that passed while the sweep was paused is in the log when it is resumed", async () => {
    const sweeping = startSweeping(1);
    const soon = { ...DEFINITION, schedule: onceIn(sweeping, 5) };
    await sweeping.apply(soon);
    await pauseSweep(sweeping.ports, BY);
    sweeping.pass(10 * MINUTE_MS);
    await sweeping.apply({ ...soon, title: "Another title" });
    await sweeping.ticks(2);
    expect((await sweeping.sweep()).rounds).toBe(0);
    expect(await sweeping.skipped()).toEqual([
      "due at 2026-11-20T10:05:00.000Z, and the sweep was paused",
    ]);
  });
});
