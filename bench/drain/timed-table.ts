import type { MemoryClock } from "../../local/memory/clock.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import type { Ledger, Random } from "../../shared/ports.ts";
import { between, TABLE_MS } from "./wire.ts";

/** An empty table that takes the time a real one does, and how many requests it has answered. */
export function timedTable(
  clock: MemoryClock,
  random: Random,
): { ledger: Ledger; spent: () => number } {
  const ledger = createMemoryLedger();
  let spent = 0;
  const timed = async <T>(act: () => Promise<T>): Promise<T> => {
    spent += 1;
    await clock.sleep(between(random, TABLE_MS));
    return await act();
  };
  return {
    spent: () => spent,
    ledger: {
      read: async (key) => await timed(async () => await ledger.read(key)),
      list: async (from, before, limit) =>
        await timed(async () => await ledger.list(from, before, limit)),
      commit: async (changes) => await timed(async () => await ledger.commit(changes)),
    },
  };
}
