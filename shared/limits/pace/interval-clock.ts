/**
 * The table service's clock, as an interval on this host's monotonic clock: every answer carries a
 * Date header that was true somewhere between sending and receiving. No host's own clock is ever
 * compared with another's.
 */
export interface ClockInterval {
  /** Bounds on service time minus monotonic time, and when they were last narrowed (monotonic). */
  readonly lowMs: number;
  readonly highMs: number;
  readonly atMs: number;
}

/**
 * One answer: when it was asked and received (monotonic), and its Date header (epoch, whole
 * seconds).
 */
export interface ClockReading {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly dateMs: number;
}

/** The Date header is cut to the second. */
const DATE_STEP_MS = 1_000;
/** Two quartz clocks drift apart by no more than this share. */
const DRIFT = 200e-6;
/** Front ends of the service may differ by this much; measured nowhere, generous for one region. */
const FRONT_END_SKEW_MS = 250;

/**
 * The interval after one more reading. A reading that contradicts it (the service's clock was set)
 * starts anew.
 */
export function narrowed(interval: ClockInterval | null, reading: ClockReading): ClockInterval {
  const low = reading.dateMs - reading.receivedAtMs;
  const high = reading.dateMs + DATE_STEP_MS - reading.sentAtMs;
  const fresh = { lowMs: low, highMs: high, atMs: reading.receivedAtMs };
  if (interval === null) return fresh;
  const drift = Math.max(0, reading.receivedAtMs - interval.atMs) * DRIFT;
  const lowMs = Math.max(low, interval.lowMs - drift);
  const highMs = Math.min(high, interval.highMs + drift);
  return lowMs > highMs ? fresh : { lowMs, highMs, atMs: reading.receivedAtMs };
}

/** The earliest it can be at `monotonicMs`. */
export function earliestAt(interval: ClockInterval, monotonicMs: number): number {
  return monotonicMs + interval.lowMs - Math.max(0, monotonicMs - interval.atMs) * DRIFT;
}

/**
 * The latest it can be at `monotonicMs`, the skew between the service's own front ends included.
 */
export function latestAt(interval: ClockInterval, monotonicMs: number): number {
  const drift = Math.max(0, monotonicMs - interval.atMs) * DRIFT;
  return monotonicMs + interval.highMs + drift + FRONT_END_SKEW_MS;
}
