import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
import { takePollerLease, withPollerLease } from "../../../shared/workflow/poll/poller-lease.ts";

const START_MS = Date.parse("2026-11-20T10:00:00Z");
const INTERVAL_MS = 15_000;

/** Pollers beside one ledger: each reads the budget, and wants to poll. */
function begun() {
  const clock = createMemoryClock({ startMs: START_MS });
  const memory = createMemoryLedger();
  const counts = { commits: 0 };
  const ledger: Ledger = {
    ...memory,
    commit: async (changes) => {
      counts.commits += 1;
      return await memory.commit(changes);
    },
  };
  // Nobody moves time on while somebody sleeps off a lost race.
  const ports = {
    ledger,
    clock: { ...clock, sleep: async () => {} },
    random: createSeededRandom(1),
  };
  const leaseOf = (pollerId: string) => {
    const late = { intervalMs: INTERVAL_MS, lateMs: INTERVAL_MS / 2 };
    return { pollerId, nowMs: clock.nowMs(), ...late };
  };
  /** The ledger as one poll knows it that has read the budget. */
  const reading = async (): Promise<Ledger> => {
    const known = remembering(ledger);
    await loadBudget(known);
    return known;
  };
  const wanting = async (pollerId: string, known: Ledger) =>
    await takePollerLease({ ...ports, ledger: known }, leaseOf(pollerId));
  /** Reads, asks, and writes down a poll that was made, as the poll does. */
  const polling = async (pollerId: string): Promise<boolean> => {
    const known = await reading();
    const mine = await wanting(pollerId, known);
    const lease = leaseOf(pollerId);
    const { value: budget, etag } = await loadBudget(known);
    const next = withPollerLease(budget, lease);
    if (mine && next !== budget) {
      await memory.commit([
        etag === null
          ? { op: "insert", key: "rate-token", body: next }
          : { op: "replace", key: "rate-token", body: next, etag },
      ]);
    }
    return mine;
  };
  const pass = async (ms: number) => await clock.advanceTo(clock.nowMs() + ms);
  return { counts, reading, wanting, polling, pass };
}

describe("a poll of Defender's list", () => {
  it("is made by one of two that want it at the same time", async () => {
    const { reading, wanting } = begun();
    const [one, other] = [await reading(), await reading()];
    expect([await wanting("one", one), await wanting("other", other)]).toEqual([true, false]);
  });

  it("is made by whoever made the last, without writing that first", async () => {
    const { counts, polling, pass } = begun();
    expect(await polling("one")).toBe(true);
    const before = counts.commits;
    await pass(INTERVAL_MS);
    expect(await polling("one")).toBe(true);
    expect(counts.commits).toBe(before);
  });

  it("is not made more often than the interval says", async () => {
    const { polling, pass } = begun();
    await polling("one");
    await pass(INTERVAL_MS * 0.9);
    expect(await polling("one")).toBe(false);
  });

  it("is made by another once it is overdue, and then that one goes on", async () => {
    const { polling, pass } = begun();
    await polling("one");
    await pass(INTERVAL_MS * 1.4);
    expect(await polling("other")).toBe(false);
    await pass(INTERVAL_MS * 0.1);
    expect(await polling("other")).toBe(true);
    await pass(INTERVAL_MS);
    expect([await polling("one"), await polling("other")]).toEqual([false, true]);
  });

  it("has to be won by whoever made the last, too, once others may poll", async () => {
    const { reading, wanting, polling, pass } = begun();
    await polling("one");
    await pass(INTERVAL_MS * 1.5);
    const [one, other] = [await reading(), await reading()];
    expect([await wanting("other", other), await wanting("one", one)]).toEqual([true, false]);
  });
});
