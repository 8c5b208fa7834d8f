import { expect, it } from "vitest";
import type { Ledger } from "../../../shared/ports.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { startSweeping } from "./sweeping.ts";

it("a batch waits until all its sequences can be read, and says which cannot", async () => {
  const sweeping = startSweeping(2);
  await sweeping.apply();
  await sweeping.start();
  await sweeping.ticks(2);
  await sweeping.endAll();
  const [{ sequenceId } = { sequenceId: "" }] = await sweeping.sequences();
  await sweeping.ticks(2, unreadable(sweeping.ports.ledger, `sequence!${sequenceId}`));
  expect(await sweeping.round()).toMatchObject({
    state: "running",
    counts: { sent: 2, ended: [] },
    uncounted: [1],
  });
  const { setAside } = (await loadBudget(sweeping.ports.ledger)).value;
  expect(setAside.map(({ key }) => key)).toEqual([`sequence!${sequenceId}`]);
  await sweeping.ticks(1);
  expect(await sweeping.round()).toMatchObject({
    state: "ended",
    counts: { sent: 0, ended: [{ how: "succeeded", count: 2 }] },
  });
});

/** The ledger, whose lists show this row in a version that nobody knows. */
function unreadable(ledger: Ledger, key: string): Ledger {
  return {
    ...ledger,
    list: async (from, before, limit) => {
      const rows = await ledger.list(from, before, limit);
      const others = rows.filter((row) => row.key !== key);
      const own = rows.filter((row) => row.key === key);
      return [...own.map(({ etag }) => ({ key, etag, body: { v: 99 } })), ...others];
    },
  };
}
