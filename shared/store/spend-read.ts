import type { Limits } from "../limits/pace/limits.ts";
import type { ReadKind } from "../limits/pace/reads.ts";
import { spendReads, type Spending } from "../limits/pace/spend-reads.ts";
import type { Ports } from "../ports.ts";
import { loadReads, readsChange } from "./load.ts";
import { unlessSetAside } from "./set-aside.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

/**
 * Takes one call (or `calls`) of the budget of its kind before it is made. False if the budget is
 * spent or cannot be read, or if the last time is less than the interval `at` ago. `share` of the
 * budget is for this use. `by` is the caller that look-ups are for; false if its share is spent.
 */
export async function spendRead(
  store: Store & Pick<Ports, "log">,
  limits: Limits,
  kind: ReadKind,
  { share = 1, at = null, calls = 1, by = null }: Partial<Spending> = {},
): Promise<boolean> {
  const spending = await unlessSetAside(store, null, () =>
    tryTransact(store, usual("what was asked"), async (tx) => {
      const reads = await loadReads(tx);
      const asked = { kind, calls, share, by, at };
      const next = spendReads(reads.value, asked, store.clock.earliest(), limits);
      if (next === null) return false;
      tx.stage([readsChange(reads, next)]);
      return true;
    }),
  );
  return spending?.kind === "done" && spending.value;
}
