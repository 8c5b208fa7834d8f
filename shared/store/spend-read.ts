import { spendShare } from "../limits/pace/caller-share.ts";
import { spend } from "../limits/pace/quota.ts";
import type { Limits } from "../limits/pace/limits.ts";
import type { ReadKind, Reads, ReadStamp } from "../limits/pace/reads.ts";
import type { Ports } from "../ports.ts";
import { loadReads, readsChange } from "./load.ts";
import { unlessSetAside } from "./set-aside.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

/** How often something may be done: `stamp` says when it was last done. */
export interface Interval {
  readonly stamp: ReadStamp;
  readonly intervalMs: number;
}

/**
 * Takes one call (or `calls`) of the budget of its kind before it is made. False if the budget is
 * spent or cannot be read, or if the last time is less than the interval `at` ago. `share` of the
 * budget is for this use. `by` is the caller that look-ups are for; false if its share is spent.
 */
export async function spendRead(
  store: Store & Pick<Ports, "log">,
  limits: Limits,
  kind: ReadKind,
  {
    share = 1,
    at = null,
    calls = 1,
    by = null,
  }: { share?: number; at?: Interval | null; calls?: number; by?: string | null } = {},
): Promise<boolean> {
  const spending = await unlessSetAside(store, null, () =>
    tryTransact(store, usual("what was asked"), async (tx) => {
      const reads = await loadReads(tx);
      const nowMs = store.clock.earliest();
      if (at !== null && nowMs < reads.value[at.stamp] + at.intervalMs) return false;
      const spent = spend(reads.value[kind], { calls, share }, nowMs, limits);
      if (spent.kind === "wait") return false;
      const { machinesBy } = reads.value;
      const ofCallers =
        by === null ? machinesBy : spendShare(machinesBy, { caller: by, calls }, nowMs, limits);
      if (ofCallers === null) return false;
      const stamped = at === null ? {} : { [at.stamp]: nowMs };
      const next: Reads = {
        ...reads.value,
        [kind]: spent.quota,
        machinesBy: ofCallers,
        ...stamped,
      };
      tx.stage([readsChange(reads, next)]);
      return true;
    }),
  );
  return spending?.kind === "done" && spending.value;
}
