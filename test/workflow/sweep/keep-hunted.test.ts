import { describe, expect, it } from "vitest";
import { huntedOf, roundKey } from "../../../shared/ledger/row/sweep-keys.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { describeRound } from "../../../shared/workflow/view/describe-round.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const QUERY = "DeviceInfo | distinct DeviceId";
const QUERIED = { ...DEFINITION, targets: { query: QUERY } };
/** More pages than a tick lists, and more ids than a row has. */
const MANY = 10_500;

describe("a round whose targets are a query", () => {
  it("asks Defender once, however many ticks its listing takes", async () => {
    const sweeping = startSweeping(MANY);
    await sweeping.apply(QUERIED);
    await sweeping.start();
    const ticks = await listWhole(sweeping);
    expect(ticks).toBeGreaterThan(2);
    expect([sweeping.hunts.count, (await sweeping.round()).counts.targeted]).toEqual([1, MANY]);
  });

  it("says how much of the answer is no machine of Defender's list, however many ticks", async () => {
    const sweeping = startSweeping(MANY);
    sweeping.hunts.odd = 4;
    sweeping.hunts.gone.push("gone-1", "gone-2");
    await sweeping.apply(QUERIED);
    await sweeping.start();
    expect(await listWhole(sweeping)).toBeGreaterThan(2);
    const { query } = describeRound(await sweeping.round());
    expect(query).toEqual({ named: MANY + 2, odd: 4, notListed: 2 });
  });

  it("asks at most once more after a crash anywhere in its first tick", async () => {
    const asked = new Set<number>();
    for (let after = 1; after < 30; after += 1) {
      const sweeping = startSweeping(60);
      await sweeping.apply(QUERIED);
      await sweeping.start();
      const crashed = await sweeping.ticks(1, dyingAfter(sweeping.ports.ledger, after)).then(
        () => false,
        () => true,
      );
      if (!crashed) break;
      await listWhole(sweeping);
      expect((await sweeping.round()).counts.targeted).toBe(60);
      asked.add(sweeping.hunts.count);
    }
    expect(asked).toEqual(new Set([1, 2]));
  });

  it("asks again for the next listing, and keeps the answer to that one alone", async () => {
    const sweeping = startSweeping(60);
    await sweeping.apply(QUERIED);
    await sweeping.start();
    await listWhole(sweeping);
    sweeping.pass(61 * MINUTE_MS);
    await sweeping.ticks(1);
    await listWhole(sweeping);
    expect([sweeping.hunts.count, await keptRows(sweeping)]).toEqual([2, 1]);
  });

  it("asks again if what was kept is gone", async () => {
    const sweeping = startSweeping(MANY);
    await sweeping.apply(QUERIED);
    await sweeping.start();
    await sweeping.ticks(1);
    const { from, before } = huntedOf("triage", 1);
    const [row] = await sweeping.ports.ledger.list(from, before, 1);
    if (row === undefined) throw new Error("nothing was kept");
    await sweeping.ports.ledger.commit([{ op: "delete", key: row.key, etag: row.etag }]);
    await listWhole(sweeping);
    expect([sweeping.hunts.count, (await sweeping.round()).counts.targeted]).toEqual([2, MANY]);
  });

  it("leaves nothing of the answer behind when it has ended", async () => {
    const sweeping = startSweeping(3);
    await sweeping.apply(QUERIED);
    await sweeping.start();
    for (let minute = 0; minute < 6; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll();
    }
    expect([(await sweeping.round()).state, await keptRows(sweeping)]).toEqual(["ended", 0]);
  });

  it("asks nothing more once queries have run for ten minutes in an hour", async () => {
    const sweeping = startSweeping(3);
    sweeping.hunts.tookMs = 201_000;
    await sweeping.apply({ ...QUERIED, overlap: "allow" });
    for (let round = 1; round <= 4; round += 1) await sweeping.start();
    await sweeping.ticks(3);
    expect(sweeping.hunts.count).toBe(3);
    expect((await sweeping.round(4)).hindrance).toMatchObject({ code: "token" });
    sweeping.pass(60 * MINUTE_MS);
    await sweeping.ticks(1);
    expect(sweeping.hunts.count).toBeGreaterThan(3);
  });
});

/** Ticks until the listing is complete; returns how many it took. */
async function listWhole(sweeping: Sweeping): Promise<number> {
  for (let ticks = 0; ticks < 100; ticks += 1) {
    const { listing } = await sweeping.round();
    if (listing === null) return ticks;
    await sweeping.ticks(1);
  }
  throw new Error("the listing does not end");
}

async function keptRows({ ports }: Sweeping): Promise<number> {
  const { from, before } = huntedOf("triage", 1);
  return (await ports.ledger.list(from, before, 1_000)).length;
}

/** The ledger of a process that dies before its commit of this number. */
function dyingAfter(ledger: Ledger, commits: number): Ledger {
  let made = 0;
  return {
    ...ledger,
    commit: async (changes) => {
      made += 1;
      if (made >= commits) throw new Error(`died before ${changes[0]?.key ?? roundKey("", 1)}`);
      return await ledger.commit(changes);
    },
  };
}
