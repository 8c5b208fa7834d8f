import { expect, it } from "vitest";
import { sequenceKey } from "../../../shared/ledger/row/keys.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { DEFINITION, idOf, startSweeping, type Sweeping } from "./sweeping.ts";

const TARGETS = { include: [{ names: ["*"] }], notCollectedWithin: "1d" };

/** The first of two machines has answered; the second has not, so the first round is open. */
async function withOpenRound(): Promise<Sweeping> {
  const sweeping = startSweeping(2);
  await sweeping.apply({ ...DEFINITION, targets: TARGETS, overlap: "allow" });
  await sweeping.start();
  await sweeping.ticks(2);
  await sweeping.endAll(({ machineId }) => (machineId === idOf(1) ? "succeeded" : null));
  await sweeping.ticks(2);
  expect((await sweeping.round(1)).counts).toMatchObject({ sent: 2, ended: [] });
  await sweeping.start();
  return sweeping;
}

it("a machine that an open round has reached is left out by the next before it is counted", async () => {
  const sweeping = await withOpenRound();
  await sweeping.ticks(4);
  const asked = (await sweeping.sequences()).map(({ machineId, sweep }) => {
    return `${machineId} in round ${sweep?.round}`;
  });
  expect(asked.toSorted()).toEqual([
    `${idOf(1)} in round 1`,
    `${idOf(2)} in round 1`,
    `${idOf(2)} in round 2`,
  ]);
  const { counts } = await sweeping.round(2);
  expect(counts).toMatchObject({ sent: 1, ended: [{ how: "recent", count: 1 }] });
});

it("a machine is asked if nobody can read what the open round has sent it", async () => {
  const sweeping = await withOpenRound();
  const { ledger } = sweeping.ports;
  const reached = (await sweeping.sequences()).find(({ machineId }) => machineId === idOf(1));
  const key = sequenceKey(reached?.sequenceId ?? "");
  await sweeping.ticks(4, unreadable(ledger, key));
  const { counts } = await sweeping.round(2);
  expect(counts).toMatchObject({ sent: 2, ended: [] });
});

/** The ledger, with this row in a version that nobody knows. */
function unreadable(ledger: Ledger, key: string): Ledger {
  return {
    ...ledger,
    read: async (each) => {
      const row = await ledger.read(each);
      return row === null || each !== key ? row : { ...row, body: { v: 99 } };
    },
  };
}
