import { CAPS_KEY } from "../../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import type { Ledger, Ports } from "../../ports.ts";
import type { CountedCommits, CountedOutcome } from "./counted-commits.ts";
import type { NewMachines } from "./daily-counts.ts";

export type CountingPorts = Pick<Ports, "ledger"> & { readonly countedCommits: CountedCommits };

export interface CountingLedger {
  readonly ledger: Ledger;
  /** What the next commit counts; null for nothing. */
  count(machines: NewMachines | null): void;
  /**
   * Why the last commit was not counted: a cap was full, or the counts cannot be read. Null if it
   * was neither.
   */
  uncounted(): Extract<CountedOutcome, { kind: "overCap" }> | SetAside | null;
}

/**
 * The ledger for a transaction that counts machines. It commits them together with those of other
 * requests. If a commit cannot be counted, it is reported as a conflict on the counts.
 */
export function countingLedger({ ledger, countedCommits }: CountingPorts): CountingLedger {
  let machines: NewMachines | null = null;
  let uncounted: ReturnType<CountingLedger["uncounted"]> = null;
  return {
    ledger: {
      read: async (key) => await ledger.read(key),
      list: async (from, before, limit) => await ledger.list(from, before, limit),
      commit: async (changes) => {
        uncounted = null;
        if (machines === null) return await ledger.commit(changes);
        const outcome = await orSetAside(countedCommits.commit({ changes, machines }));
        if (!(outcome instanceof SetAside) && outcome.kind !== "overCap") return outcome;
        uncounted = outcome;
        return { kind: "conflict", key: CAPS_KEY, why: "changed" };
      },
    },
    count: (next) => {
      machines = next;
    },
    uncounted: () => uncounted,
  };
}
