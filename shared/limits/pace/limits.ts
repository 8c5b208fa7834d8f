/**
 * The numbers Defender holds us to, and the waits that follow from them; all come from settings,
 * with the sources in docs/settings.md. Milliseconds throughout.
 */
export interface Limits {
  /** POSTs in any window (documented: 10 a minute). */
  readonly callsPerWindow: number;
  readonly windowMs: number;
  /**
   * Live response sessions open at once, Pending ones included (documented: 25, newer pages 50).
   */
  readonly maxSessions: number;
  /** A POST may leave this long after its claim began, and no later: what pause promises. */
  readonly sendFenceMs: number;
  /** A POST is given up after this long; its answer is then unknown. */
  readonly callTimeoutMs: number;
  /** No second POST before an unanswered one is this old and no list has shown our mark. */
  readonly guardMs: number;
  /** An action may stay Pending this long while others wait. */
  readonly patienceMs: number;
  /**
   * First wait after the machine was busy with somebody else's session; doubles to 15 times that.
   */
  readonly busyRetryMs: number;
  /** First wait after an offline machine; the later ones are 4, 12 and 24 times as long. */
  readonly offlineRetryMs: number;
  /** Between two lists of the open actions, when nothing asks for a quicker or slower pace. */
  readonly pollMs: number;
  /** The door stays closed this long after a 429 that names no time; doubles to 15 times that. */
  readonly closedDoorMs: number;
  /**
   * List calls, result links and machine look-ups have this budget each (documented: 100 a minute,
   * 1,500 an hour).
   */
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
}

/**
 * What is out there and not seen ends so long after its expiry, by our own clock: no command takes
 * longer (30 minutes, live response page).
 */
export const UNSEEN_MS = 1_860_000;

/**
 * How long a slot stays taken when nobody stamped it: the POST may have arrived as late as fence
 * and timeout allow.
 */
export function unstampedMs(limits: Limits): number {
  return limits.sendFenceMs + limits.callTimeoutMs + limits.windowMs;
}

/**
 * At full use a slot opens about this often; lower lanes are paced by it, so that an urgent one
 * finds a slot soon.
 */
export function paceMs(limits: Limits): number {
  return limits.windowMs / limits.callsPerWindow;
}

/**
 * A machine busy with somebody else's session is tried again after 1, 2, 4, 8, then 15 times the
 * first wait.
 */
const BUSY_WAITS_MOST = 15;

/** Wait for a machine that was found busy `times` times. */
export function busyWaitMs(times: number, limits: Pick<Limits, "busyRetryMs">): number {
  return backOff(limits.busyRetryMs, times, BUSY_WAITS_MOST);
}

/**
 * Wait before the next try of something that failed `times` times: doubling, up to `most` times the
 * first wait.
 */
export function backOff(firstMs: number, times: number, most: number): number {
  return firstMs * Math.min(2 ** Math.max(0, times - 1), most);
}
