import { describe, expect, it } from "vitest";
import { sweepKey } from "../../../shared/ledger/row/sweep-keys.ts";
import { reopened } from "../../../shared/workflow/sweep/reopen-due.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SET_BACK =
  "a clock that was ahead decided until 2026-11-23T11:00:00.000Z: what is to come is due again";

/** A sweep of each day at noon, that one look has decided with a clock three days ahead. */
async function lookedAhead(over: object = {}): Promise<Sweeping> {
  const sweeping = startSweeping(1);
  const schedule = { cron: "0 12 * * *", zone: "Etc/UTC" };
  const manner = { startingDeadline: "1d", overlap: "allow", ...over };
  await sweeping.apply({ ...DEFINITION, schedule, ...manner });
  await aheadOf(sweeping, 3 * DAY_MS + HOUR_MS);
  return sweeping;
}

/** One look with a clock that is so far ahead. */
async function aheadOf(sweeping: Sweeping, ms: number): Promise<void> {
  sweeping.pass(ms);
  await sweeping.ticks(1);
  sweeping.pass(-ms - MINUTE_MS);
}

async function dueTimes(sweeping: Sweeping): Promise<readonly string[]> {
  const { rounds } = await sweeping.sweep();
  const due: string[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    due.push(new Date((await sweeping.round(number)).dueAtMs ?? 0).toISOString().slice(0, 16));
  }
  return due;
}

describe("a clock that was days ahead for one look", () => {
  it("keeps no due time from starting that is still to come, and starts none twice", async () => {
    const sweeping = await lookedAhead();
    expect(await dueTimes(sweeping)).toEqual(["2026-11-22T12:00"]);
    for (let look = 0; look < 18; look += 1) {
      await Promise.all([sweeping.ticks(1), sweeping.ticks(1)]);
      sweeping.pass(6 * HOUR_MS);
    }
    expect(await dueTimes(sweeping)).toEqual([
      "2026-11-22T12:00",
      "2026-11-20T12:00",
      "2026-11-21T12:00",
      "2026-11-23T12:00",
      "2026-11-24T12:00",
    ]);
  });

  it("is told of in the log once, and so is what has a round already", async () => {
    const sweeping = await lookedAhead();
    sweeping.logged.length = 0;
    await Promise.all([sweeping.ticks(1), sweeping.ticks(1), sweeping.ticks(1)]);
    expect(sweeping.logged.filter((line) => "detail" in line)).toEqual([
      { event: "roundSkipped", name: "triage", detail: SET_BACK },
    ]);
    const missed = "times were due from 2026-11-20T12:00:00.000Z to 2026-11-22T12:00:00.000Z";
    const before = [`3 ${missed}, and only the last one starts`, SET_BACK];
    expect(await sweeping.skipped()).toEqual(before);
    expect((await sweeping.sweep()).startedAheadMs).toEqual([Date.parse("2026-11-22T12:00:00Z")]);
    sweeping.pass(2 * DAY_MS + 3 * HOUR_MS);
    await sweeping.ticks(1);
    const why = "the round of 2026-11-22T12:00:00.000Z started before, because a clock was ahead";
    expect(await sweeping.skipped()).toEqual([...before, `3 ${missed}, and ${why}`]);
    expect((await sweeping.sweep()).startedAheadMs).toEqual([]);
  });

  it("leaves in mind what had a round before, if one is ahead once more", async () => {
    const sweeping = await lookedAhead();
    await sweeping.ticks(1);
    await aheadOf(sweeping, 4 * DAY_MS);
    await sweeping.ticks(1);
    expect(
      (await sweeping.sweep()).startedAheadMs.map((each) => new Date(each).getUTCDate()),
    ).toEqual([22, 23]);
  });

  it("leaves in mind what the last rounds do not show any more", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply();
    const laterMs = sweeping.nowMs() + 2 * DAY_MS;
    const ahead = { ...(await sweeping.sweep()), decidedAtMs: laterMs, startedAheadMs: [laterMs] };
    const mended = await reopened(sweeping.ports.ledger, ahead, sweeping.nowMs());
    expect(mended).toEqual({ ...ahead, decidedAtMs: sweeping.nowMs() });
  });

  it("starts no round twice that the schedule of a changed definition has as well", async () => {
    const sweeping = await lookedAhead();
    await sweeping.put({
      ...DEFINITION,
      schedule: { cron: "0 12 22 * *", zone: "Etc/UTC" },
      startingDeadline: "1d",
    });
    sweeping.pass(2 * DAY_MS + 3 * HOUR_MS);
    await sweeping.ticks(1);
    expect(await dueTimes(sweeping)).toEqual(["2026-11-22T12:00"]);
  });
});

describe("clocks of hosts", () => {
  it("make no line while they differ by less than an hour", async () => {
    const sweeping = startSweeping(1);
    const schedule = { cron: "*/10 * * * *", zone: "Etc/UTC" };
    await sweeping.apply({ ...DEFINITION, schedule, overlap: "allow" });
    const log = async () => (await sweeping.log()).map(([event]) => event);
    await aheadOf(sweeping, 10 * MINUTE_MS);
    for (let minute = 0; minute < 5; minute += 1) {
      await sweeping.ticks(1);
      await aheadOf(sweeping, 10 * MINUTE_MS);
    }
    expect(await log()).toEqual(["sweepApplied", "sweepResumed", "roundStarted"]);
    const { decidedAtMs } = await sweeping.sweep();
    sweeping.pass(decidedAtMs - HOUR_MS - sweeping.nowMs());
    await sweeping.ticks(1);
    expect(await sweeping.skipped()).toEqual([]);
  });

  it("start no round twice when one was behind by hours", async () => {
    const sweeping = startSweeping(1);
    const schedule = { cron: "*/10 * * * *", zone: "Etc/UTC" };
    await sweeping.apply({ ...DEFINITION, schedule, overlap: "allow" });
    await sweeping.ticks(31);
    const before = await dueTimes(sweeping);
    await aheadOf(sweeping, -5 * HOUR_MS);
    await sweeping.ticks(2);
    expect(before).toHaveLength(3);
    expect(await dueTimes(sweeping)).toEqual(before);
  });
});

describe("a sweep that an older version has written", () => {
  it("is read as one whose due times to come have no round yet", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply();
    const row = await sweeping.ports.ledger.read(sweepKey("triage"));
    if (row === null) throw new Error("no sweep");
    const { startedAheadMs: _, ...body } = Object(row.body);
    await sweeping.ports.ledger.commit([{ op: "replace", key: row.key, etag: row.etag, body }]);
    expect((await sweeping.sweep()).startedAheadMs).toEqual([]);
  });
});
