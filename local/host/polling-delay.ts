/** The queue extension's shortest wait between two looks at an empty queue. */
const MIN_DELAY_MS = 100;
/**
 * Each wait is up to a fifth longer or shorter than its nominal value, so that pollers drift apart.
 */
const SPREAD = 0.2;

/** How long to wait before looking again. */
export interface PollingDelay {
  /** Forget the idle time: something was there. */
  reset(): void;
  /** The next wait after finding nothing: 100 ms, then doubling up to `maxMs`. */
  nextMs(): number;
}

/** Randomized exponential back-off from 100 ms to `maxMs`; `fraction` is uniform in [0, 1). */
export function createPollingDelay(maxMs: number, fraction: () => number): PollingDelay {
  let nominalMs = MIN_DELAY_MS;
  return {
    reset() {
      nominalMs = MIN_DELAY_MS;
    },
    nextMs() {
      const spread = 1 - SPREAD + fraction() * SPREAD * 2;
      const delayMs = Math.round(nominalMs * spread);
      nominalMs = Math.min(nominalMs * 2, maxMs);
      return Math.min(Math.max(delayMs, MIN_DELAY_MS), Math.max(maxMs, MIN_DELAY_MS));
    },
  };
}
