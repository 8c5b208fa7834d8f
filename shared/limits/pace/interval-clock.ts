/**
 * The table service's clock, as an interval on this host's monotonic clock: every answer has a Date
 * header that was true at some time between sending and receiving. The clocks of two hosts are
 * never compared.
 */
export interface ClockInterval {
  /** Bounds on service time minus monotonic time, and when they were last narrowed (monotonic). */
  readonly lowMs: number;
  readonly highMs: number;
  readonly atMs: number;
}

/**
 * One answer: when it was asked for and received (monotonic), and its Date header (epoch, whole
 * seconds).
 */
export interface ClockReading {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly dateMs: number;
}

/** The Date header has whole seconds, rounded down. */
const DATE_STEP_MS = 1_000;
/** Two quartz clocks drift apart by no more than this share. */
const DRIFT = 200e-6;
/**
 * The service's front ends may differ by this much. It was not measured; it is generous for one
 * region.
 */
const FRONT_END_SKEW_MS = 250;

/**
 * The interval after one more reading. If a reading contradicts it, because the service's clock was
 * set, it begins again.
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
 * The latest it can be at `monotonicMs`, including the difference between the service's front ends.
 */
export function latestAt(interval: ClockInterval, monotonicMs: number): number {
  const drift = Math.max(0, monotonicMs - interval.atMs) * DRIFT;
  return monotonicMs + interval.highMs + drift + FRONT_END_SKEW_MS;
}
