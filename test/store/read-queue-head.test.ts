import { expect, it } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { readyKey, sequenceIdIn } from "../../shared/ledger/row/keys.ts";
import { notPassedOver, readQueueHead } from "../../shared/store/read-queue-head.ts";

/** How many are passed over at the head of a line in which three more wait. */
it.each([0, 10, 979, 980, 997, 998, 999, 1_000, 2_500])(
  "those behind %i that are passed over are found, the first first",
  async (aside) => {
    const ledger = createMemoryLedger();
    const keys = Array.from({ length: aside + 3 }, (_, nth) => readyKey(1, nth, `run.${nth}`));
    for (let from = 0; from < keys.length; from += 100) {
      const some = keys.slice(from, from + 100);
      await ledger.commit(some.map((key) => ({ op: "insert", key, body: { v: 1 } })));
    }
    await ledger.commit([{ op: "insert", key: "rate-token!paused", body: { v: 1 } }]);
    const passedOver = new Set(keys.slice(0, aside).map(sequenceIdIn));
    const { ready } = await readQueueHead(ledger, 2 + aside);
    expect(await notPassedOver(ledger, ready, passedOver, 2)).toEqual(keys.slice(aside, aside + 2));
  },
);
