import {
  earliestAt,
  latestAt,
  narrowed,
  type ClockInterval,
  type ClockReading,
} from "../limits/pace/interval-clock.ts";
import type { ServiceClock } from "../ports.ts";

/** The service's clock, and `observe`, which gets the Date headers that it learns from. */
export interface ObservedClock {
  readonly clock: ServiceClock;
  observe(reading: ClockReading): void;
}

/**
 * A clock that knows nothing before the first storage answer. To ask it earlier throws; every
 * workflow begins with a read of the ledger.
 */
export function createServiceClock(host: {
  monotonicMs: () => number;
  sleep: (ms: number) => Promise<void>;
}): ObservedClock {
  let interval: ClockInterval | null = null;
  const known = (): ClockInterval => {
    if (interval === null) throw new Error("the service clock was asked before any storage answer");
    return interval;
  };
  return {
    clock: {
      earliest: () => Math.floor(earliestAt(known(), host.monotonicMs())),
      latest: () => Math.ceil(latestAt(known(), host.monotonicMs())),
      monotonicMs: host.monotonicMs,
      sleep: host.sleep,
    },
    observe: (reading) => {
      if (Number.isFinite(reading.dateMs)) interval = narrowed(interval, reading);
    },
  };
}
