import { withHuntTime } from "../limits/pace/hunt-time.ts";
import type { Ports } from "../ports.ts";
import { loadReads, readsChange } from "./load.ts";
import { unlessSetAside } from "./set-aside.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

/** Counts how long a query of advanced hunting took, whatever came of it; milliseconds. */
export async function noteHuntTime(
  store: Store & Pick<Ports, "log">,
  tookMs: number,
): Promise<void> {
  await unlessSetAside(store, null, () =>
    tryTransact(store, usual("what was asked"), async (tx) => {
      const reads = await loadReads(tx);
      const huntTime = withHuntTime(reads.value.huntTime, tookMs, store.clock.earliest());
      tx.stage([readsChange(reads, { ...reads.value, huntTime })]);
    }),
  );
}
