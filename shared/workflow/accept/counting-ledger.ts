import { CAPS_KEY } from "../../ledger/row/keys.ts";
import type { Ledger, Ports } from "../../ports.ts";
import type { CountedCommits, CountedOutcome } from "./counted-commits.ts";
import type { NewMachines } from "./daily-counts.ts";

export type CountingPorts = Pick<Ports, "ledger"> & { readonly countedCommits: CountedCommits };

export interface CountingLedger {
  readonly ledger: Ledger;
  /** What the next commit counts; null for nothing. */
  count(machines: NewMachines | null): void;
  /** The cap that the last commit would have gone over; null if it was not that. */
  overCap(): Extract<CountedOutcome, { kind: "overCap" }> | null;
}

/**
 * The ledger for a transaction that counts machines: it commits together with what other requests
 * count. A commit that would go over a cap loses against the counts.
 */
export function countingLedger({ ledger, countedCommits }: CountingPorts): CountingLedger {
  let machines: NewMachines | null = null;
  let over: ReturnType<CountingLedger["overCap"]> = null;
  return {
    ledger: {
      read: async (key) => await ledger.read(key),
      list: async (from, before, limit) => await ledger.list(from, before, limit),
      commit: async (changes) => {
        over = null;
        if (machines === null) return await ledger.commit(changes);
        const outcome = await countedCommits.commit({ changes, machines });
        if (outcome.kind !== "overCap") return outcome;
        over = outcome;
        return { kind: "conflict", key: CAPS_KEY, why: "changed" };
      },
    },
    count: (next) => {
      machines = next;
    },
    overCap: () => over,
  };
}
