import { setTimeout as pass } from "node:timers/promises";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import { createServiceClock } from "../../shared/azure/service-clock.ts";
import { PLANNED } from "../../shared/ledger/row/keys.ts";
import type { Ledger, ServiceClock } from "../../shared/ports.ts";

/** The ledger of one tenant and app as the app sees it, for reading it from outside. */
export function openLedger(
  connectionString: string,
  partition: string,
): { readonly ledger: Ledger; readonly clock: ServiceClock } {
  const service = createServiceClock({ monotonicMs, sleep });
  const ledger = createLedgerTable({
    access: { kind: "connectionString", connectionString },
    tableName: "ledger",
    partition,
    observe: (reading) => {
      service.observe(reading);
    },
    monotonicMs,
  });
  return { ledger, clock: service.clock };
}

function monotonicMs(): number {
  return performance.now();
}

async function sleep(ms: number): Promise<void> {
  await pass(ms);
}

const POLL_EVERY_MS = 25;
/** A queue is looked at every two seconds at least, and unfolding takes a fraction of one. */
const POLLS_MAX = 1_200;

/** The execution that unfolded has a message to delete, and a list to read. */
const LAST_REQUESTS_MS = 100;

/**
 * Waits until everything accepted has rows of its own, so that the unfolding of one incident is no
 * burden to the next request, whosever that is. Throws after half a minute.
 */
export async function untilUnfolded(ledger: Ledger): Promise<void> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const planned = await ledger.list(PLANNED.from, PLANNED.before, 1);
    if (planned.length === 0) return await pass(LAST_REQUESTS_MS);
    await pass(POLL_EVERY_MS);
  }
  throw new Error("what was accepted was not unfolded within half a minute");
}
