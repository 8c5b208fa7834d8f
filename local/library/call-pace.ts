/** Time as a pace needs it: this host's clock in epoch milliseconds, and a wait. */
export interface PaceClock {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/**
 * Each library API takes 100 calls a minute and 1,500 an hour (their pages). A tenth is left for
 * others, and half a second for the difference of two clocks.
 */
const MINUTE = { calls: 90, ms: 60_500 };
const HOUR = { calls: 1_350, ms: 3_600_500 };

/** Waits until one more call of this API is within its quota. Each API has its own pace. */
export type Pace = () => Promise<void>;

/** A pace that has seen no call yet. */
export function createPace({ nowMs, sleep }: PaceClock): Pace {
  const times: number[] = [];
  return async () => {
    const opensAtMs = Math.max(...[MINUTE, HOUR].map(({ calls, ms }) => opening(times, calls, ms)));
    const waitMs = opensAtMs - nowMs();
    if (waitMs > 0) await sleep(waitMs);
    times.push(nowMs());
  };
}

/** When the call that is in the way leaves the window. */
function opening(times: readonly number[], calls: number, windowMs: number): number {
  const inTheWay = times[times.length - calls];
  return inTheWay === undefined ? Number.NEGATIVE_INFINITY : inTheWay + windowMs;
}
