import { describe, expect, it } from "vitest";
import { roundKey, sweepKey } from "../../../shared/ledger/row/sweep-keys.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { NO_MACHINES } from "../../../shared/sweep/round.ts";
import { OPEN_ROUNDS_MAX } from "../../../shared/sweep/sweep.ts";
import { deleteSweep, startRound } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { aMachine } from "../known-machines.ts";
import { DEFINITION, idOf, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const BY = { name: "triage", by: "hunter" };
const EVERY_MINUTE = { cron: "* * * * *", zone: "Etc/UTC" };

/** Its only machine has not reported lately, so no round ends before it expires. */
async function dueEachMinute(over: object = {}): Promise<Sweeping> {
  const sweeping = startSweeping(1);
  const lastSeenAtMs = sweeping.nowMs() - 48 * 60 * MINUTE_MS;
  sweeping.machines.set(idOf(1), aMachine(idOf(1), { name: "pc-1", lastSeenAtMs }));
  await sweeping.apply({ ...DEFINITION, schedule: EVERY_MINUTE, overlap: "allow", ...over });
  return sweeping;
}

describe("the open rounds of a sweep", () => {
  it("are at most 40: what is due beyond is skipped, and the log says so", async () => {
    const sweeping = await dueEachMinute();
    await sweeping.ticks(OPEN_ROUNDS_MAX + 5);
    const { open, rounds } = await sweeping.sweep();
    expect(open).toHaveLength(OPEN_ROUNDS_MAX);
    expect(rounds).toBe(OPEN_ROUNDS_MAX);
    const log = await sweeping.ports.ledger.list("audit!sweep.triage!", "audit!sweep.triage~", 100);
    expect(log.at(-1)?.body).toMatchObject({
      event: "roundSkipped",
      detail: expect.stringContaining("40 rounds are open"),
    });
    const started = await startRound(sweeping.ports, sweeping.settings.catalogue, BY);
    expect(started).toMatchObject({ kind: "notNow" });
  });

  it("are all replaced by the next one", async () => {
    const sweeping = await dueEachMinute();
    await sweeping.ticks(OPEN_ROUNDS_MAX - 1);
    const before = (await sweeping.sweep()).open;
    await sweeping.apply({ ...DEFINITION, schedule: EVERY_MINUTE, overlap: "replace" });
    await sweeping.ticks(4);
    const { open } = await sweeping.sweep();
    expect(before.length).toBeGreaterThan(30);
    expect(open.filter((each) => before.includes(each))).toEqual([]);
  });

  it("are all stopped with the sweep, also those that an older version let be open", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply();
    await sweeping.start();
    const many = Array.from({ length: 124 }, (_, index) => index + 1);
    const [first, sweep] = [await sweeping.round(1), await sweeping.sweep()];
    const empty = { ...first, counts: NO_MACHINES, listing: null };
    for (const number of many) {
      await write(sweeping.ports.ledger, roundKey("triage", number), { ...empty, number });
    }
    await write(sweeping.ports.ledger, sweepKey("triage"), { ...sweep, rounds: 124, open: many });
    expect(await deleteSweep(sweeping.ports, sweeping.settings.limits, BY)).toMatchObject({
      kind: "done",
    });
    expect((await sweeping.sweep()).deleted).toBe(true);
    await sweeping.ticks(3);
    expect((await sweeping.sweep()).open).toEqual([]);
    expect(await sweeping.round(124)).toMatchObject({ state: "ended", closed: { why: "stopped" } });
  });
});

describe("a look at all sweeps", () => {
  it("goes on with the others when one goes wrong, and then throws its error", async () => {
    const sweeping = startSweeping(2);
    await sweeping.apply();
    const number = await sweeping.start();
    const { ledger } = sweeping.ports;
    const [sweep, round] = [await sweeping.sweep(), await sweeping.round(number)];
    await write(ledger, sweepKey("another"), { ...sweep, name: "another" });
    await write(ledger, roundKey("another", number), { ...round, name: "another" });
    const broken: Ledger = {
      ...ledger,
      read: async (key) => {
        if (key === roundKey("another", number)) throw new Error("a bug");
        return await ledger.read(key);
      },
    };
    for (let minute = 0; minute < 4; minute += 1) {
      await expect(sweeping.ticks(1, broken)).rejects.toThrow("a bug");
      sweeping.pass(MINUTE_MS);
    }
    expect(await sweeping.sequences()).toHaveLength(2);
  });
});

async function write(ledger: Ledger, key: string, body: object): Promise<void> {
  const row = await ledger.read(key);
  const change =
    row === null ? ({ op: "insert" } as const) : { op: "replace" as const, etag: row.etag };
  await ledger.commit([{ ...change, key, body }]);
}
