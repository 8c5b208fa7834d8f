import { setTimeout as pass } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { CAPS_KEY } from "../../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../../shared/ledger/sequence/rows.ts";
import type { Ledger } from "../../../shared/ports.ts";
import {
  createCountedCommits,
  type CountedWrite,
} from "../../../shared/workflow/accept/counted-commits.ts";
import { START_MS } from "../../ledger/a-sequence.ts";

const CAPS = { perIncident: 100, perCallerDay: 10_000, perDay: 10_000 };

/** A ledger in memory whose every call takes a turn of the event loop. */
function aWorld() {
  const memory = createMemoryLedger();
  const time = { ms: 0 };
  const commits: string[][] = [];
  const counts = { reads: 0 };
  const ledger: Ledger = {
    read: async (key) => {
      counts.reads += 1;
      await pass(0);
      return await memory.read(key);
    },
    list: async (from, before, limit) => await memory.list(from, before, limit),
    commit: async (changes) => {
      await pass(0);
      commits.push(changes.map(({ key }) => key));
      return await memory.commit(changes);
    },
  };
  const host = (through: Ledger = ledger) =>
    createCountedCommits({
      ledger: through,
      clock: {
        earliest: () => START_MS,
        latest: () => START_MS,
        monotonicMs: () => time.ms,
        sleep: async () => await pass(0),
      },
      random: createSeededRandom(1),
    });
  const counted = async (): Promise<unknown> =>
    Object((await memory.read(CAPS_KEY))?.body)["machines"];
  return { memory, ledger, commits, counts, time, host, counted };
}

function insert(key: string, asked = 1): CountedWrite {
  const change: RowChange = { op: "insert", key, body: { v: 1 } };
  return { changes: [change], machines: { caps: CAPS, caller: "soar", ofIncident: 0, asked } };
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

describe("writes that count machines", () => {
  it("share transactions when they come at once, and none is lost or counted twice", async () => {
    const { host, memory, commits, counted } = aWorld();
    const one = host();
    const outcomes = await Promise.all(
      numbers(200).map(async (number) => await one.commit(insert(`row!${number}`))),
    );
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["committed"]));
    expect(memory.rows()).toHaveLength(201);
    expect(await counted()).toBe(200);
    // The first goes alone; 99 rows and the counts fill a transaction.
    expect(commits.map(({ length }) => length)).toEqual([2, 100, 100, 2]);
  });

  it("are exact on two hosts that meet at the counts", async () => {
    const { host, memory, counted } = aWorld();
    const hosts = [host(), host()];
    await Promise.all(
      numbers(300).map(async (number) => {
        await hosts[number % 2]?.commit(insert(`row!${number}`));
      }),
    );
    expect(memory.rows()).toHaveLength(301);
    expect(await counted()).toBe(300);
  });

  it("do not read the counts again while no other host counts", async () => {
    const { host, counts } = aWorld();
    const one = host();
    for (const number of numbers(5)) await one.commit(insert(`row!${number}`));
    expect(counts.reads).toBe(1);
  });

  it("are prepared by one read for all that come at once, and then by none", async () => {
    const { host, counts } = aWorld();
    const one = host();
    await Promise.all(numbers(20).map(async () => await one.prepare()));
    await one.commit(insert("row!1"));
    await one.prepare();
    expect(counts.reads).toBe(1);
  });

  it("lose alone: a row in the way of one is none of the others' business", async () => {
    const { host, memory } = aWorld();
    const one = host();
    await memory.commit([{ op: "insert", key: "row!taken", body: {} }]);
    const keys = ["row!first", "row!a", "row!taken", "row!b"];
    const outcomes = await Promise.all(keys.map(async (key) => await one.commit(insert(key))));
    expect(outcomes).toMatchObject([
      { kind: "committed" },
      { kind: "committed" },
      { kind: "conflict", key: "row!taken", why: "exists" },
      { kind: "committed" },
    ]);
  });

  it("do not share a transaction when they write the same row", async () => {
    const { host } = aWorld();
    const one = host();
    const keys = ["row!first", "row!same", "row!same"];
    const outcomes = await Promise.all(keys.map(async (key) => await one.commit(insert(key))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["committed", "committed", "conflict"]);
  });

  it("are refused by a cap only on counts that were just read", async () => {
    const { host } = aWorld();
    const [one, two] = [host(), host()];
    const tight = (key: string) => {
      const { changes, machines } = insert(key, 3);
      return { changes, machines: { ...machines, caps: { ...CAPS, perDay: 5 } } };
    };
    expect(await one.commit(insert("row!1", 2))).toMatchObject({ kind: "committed" });
    expect(await two.commit(tight("row!2"))).toMatchObject({ kind: "committed" });
    expect(await one.commit(tight("row!3"))).toMatchObject({ kind: "overCap", left: 0, asked: 3 });
    expect(await two.commit(tight("row!4"))).toMatchObject({ kind: "overCap", left: 0, asked: 3 });
  });

  it("all fail when storage is out of reach, and the next ones are tried again", async () => {
    const { host, ledger } = aWorld();
    const state = { isDown: true };
    const one = host({
      ...ledger,
      commit: async (changes) => {
        if (state.isDown) throw new Error("no answer");
        return await ledger.commit(changes);
      },
    });
    const outcomes = await Promise.allSettled(
      numbers(3).map(async (number) => await one.commit(insert(`row!${number}`))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    state.isDown = false;
    expect(await one.commit(insert("row!later"))).toMatchObject({ kind: "committed" });
  });

  it("do not wait for ever behind a transaction that is never answered", async () => {
    const { host, ledger, time } = aWorld();
    const state = { hangs: true };
    const one = host({
      ...ledger,
      commit: async (changes) => {
        if (state.hangs) return await new Promise<never>(() => undefined);
        return await ledger.commit(changes);
      },
    });
    void one.commit(insert("row!hung"));
    await pass(1);
    state.hangs = false;
    time.ms = 10_001;
    expect(await one.commit(insert("row!next"))).toMatchObject({ kind: "committed" });
  });
});
