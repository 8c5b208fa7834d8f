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

/** One answer tells the time to a second, more of them tell it better: at least one in these. */
const ANSWERS = 100;

it("the interval holds the true time throughout, and becomes narrower than a second", async () => {
  const { ledger, clock } = openObserved();
  const widths: number[] = [];
  for (let answer = 0; answer < ANSWERS && !(Math.min(...widths) < 1_000); answer += 1) {
    await ledger.read("budget");
    expectTrueTime(clock);
    widths.push(clock.latest() - clock.earliest());
    await setTimeout(130);
  }
  expect(Math.min(...widths)).toBeLessThan(1_000);
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
