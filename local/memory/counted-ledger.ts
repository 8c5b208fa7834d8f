import type { Ledger } from "../../shared/ports.ts";

/** The ledger, each request to which is counted, whatever comes of it. */
export function countedLedger(
  ledger: Ledger,
  count: (request: "read" | "list" | "commit") => void,
): Ledger {
  return {
    read: async (key) => {
      count("read");
      return await ledger.read(key);
    },
    list: async (from, before, limit) => {
      count("list");
      return await ledger.list(from, before, limit);
    },
    commit: async (changes) => {
      count("commit");
      return await ledger.commit(changes);
    },
  };
}
