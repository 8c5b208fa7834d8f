import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import { createServiceClock } from "../../shared/azure/service-clock.ts";
import type { Ledger } from "../../shared/ports.ts";
import { takeAccount } from "../azurite-account.ts";

const CALLS: [string, (ledger: Ledger) => Promise<unknown>][] = [
  ["a read that finds nothing", async (ledger) => await ledger.read("budget")],
  ["a list", async (ledger) => await ledger.list("a", "z", 1)],
  ["a commit", async (ledger) => await ledger.commit([{ op: "insert", key: "a", body: 1 }])],
  [
    "a commit that meets a conflict",
    async (ledger) => await ledger.commit([{ op: "delete", key: "gone", etag: "*" }]),
  ],
];

it.each(CALLS)("%s tells the service's time", async (_name, call) => {
  const { ledger, clock } = openObserved();
  expect(() => clock.earliest()).toThrow("before any storage answer");
  await call(ledger);
  expectTrueTime(clock);
});

it("the interval holds the true time throughout, and narrows", async () => {
  const { ledger, clock } = openObserved();
  await ledger.read("budget");
  const widthMs = clock.latest() - clock.earliest();
  for (let count = 0; count < 8; count += 1) {
    await setTimeout(130);
    await ledger.read("budget");
    expectTrueTime(clock);
  }
  expect(clock.latest() - clock.earliest()).toBeLessThan(widthMs);
});

const monotonicMs = () => performance.now();

function openObserved() {
  const observed = createServiceClock({ monotonicMs, sleep: async (ms) => await setTimeout(ms) });
  const ledger = createLedgerTable({
    access: { kind: "connectionString", connectionString: takeAccount() },
    tableName: "ledger",
    partition: "scope",
    observe: (reading) => observed.observe(reading),
    monotonicMs,
  });
  return { ledger, clock: observed.clock };
}

/** Azurite runs on this machine, so this machine's time is the service's. */
function expectTrueTime(clock: { earliest: () => number; latest: () => number }): void {
  const beforeMs = Date.now();
  const [earliestMs, latestMs] = [clock.earliest(), clock.latest()];
  expect(earliestMs).toBeLessThanOrEqual(Date.now());
  expect(latestMs).toBeGreaterThanOrEqual(beforeMs);
}
