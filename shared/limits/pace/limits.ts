/**
 * Defender's limits, and the waits that follow from them. All come from settings, with their
 * sources in docs/settings.md. All are milliseconds.
 */
export interface Limits {
  /** POSTs in any window (documented: 10 a minute). */
  readonly callsPerWindow: number;
  readonly windowMs: number;
  /**
   * Live response sessions open at once, Pending ones included (documented: 25, newer pages 50).
   */
  readonly maxSessions: number;
  /** A POST may leave this long after its claim began, and no later; a pause promises it. */
  readonly sendFenceMs: number;
  /** A POST is given up after this long; its answer is then unknown. */
  readonly callTimeoutMs: number;
  /** No second POST before an unanswered one is this old and no list has shown our mark. */
  readonly guardMs: number;
  /** An action may stay Pending this long while others wait. */
  readonly patienceMs: number;
  /**
   * First wait after the machine was busy with somebody else's session; doubles up to 15 times
   * that.
   */
  readonly busyRetryMs: number;
  /** First wait after an offline machine; the later ones are 4, 12 and 24 times as long. */
  readonly offlineRetryMs: number;
  /** The time between two lists of the open actions, if nothing needs a shorter or longer one. */
  readonly pollMs: number;
  /**
   * The door stays closed this long after a 429 that names no time; doubles up to 15 times that.
   */
  readonly closedDoorMs: number;
  /**
   * List calls, result links and machine look-ups have this budget each (documented: 100 a minute,
   * 1,500 an hour).
   */
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  /** Queries of advanced hunting in a minute (documented: 45, older pages 15). */
  readonly huntsPerMinute: number;
}

/**
 * A session that Defender does not show ends this long after its expiry, by our own clock. No
 * command takes longer (30 minutes, live response page).
 */
export const UNSEEN_MS = 1_860_000;

/**
 * How long a slot stays taken without a stamp: fence and timeout allow the POST to arrive that
 * late.
 */
export function unstampedMs(limits: Limits): number {
  return limits.sendFenceMs + limits.callTimeoutMs + limits.windowMs;
}

/**
 * At full use a slot opens about this often. The lower lanes go at this pace, so that an urgent
 * sequence finds a slot soon.
 */
export function paceMs(limits: Limits): number {
  return limits.windowMs / limits.callsPerWindow;
}

/**
 * A machine that is busy with somebody else's session is tried again after 1, 2, 4, 8, then 15
 * times the first wait.
 */
const BUSY_WAITS_MOST = 15;

/** Wait for a machine that was found busy `times` times. */
export function busyWaitMs(times: number, limits: Pick<Limits, "busyRetryMs">): number {
  return backOff(limits.busyRetryMs, times, BUSY_WAITS_MOST);
}

/**
 * The wait before the next try of something that failed `times` times. It doubles, up to `most`
 * times the first wait.
 */
export function backOff(firstMs: number, times: number, most: number): number {
  return firstMs * Math.min(2 ** Math.max(0, times - 1), most);
}
