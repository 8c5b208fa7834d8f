import type { Limits } from "./limits.ts";
import type { Session } from "./session.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Polls may use half of the list budget; the rest is for people and for recovery. */
const LIST_SHARE = 0.5;
/** Further pages are paid from that rest, at a rate that leaves something to others. */
const PAGES_SHARE = 0.3;

/** For which sessions the list is asked for. */
interface Asking {
  readonly sessions: readonly Session[];
  /** True if sequences wait for sessions. */
  readonly binds: boolean;
  /** The pages that the last list had. */
  readonly pages: number;
}

/**
 * The shortest time between two lists, milliseconds. Shorter while sessions are scarce and work
 * waits; longer while all open sessions wait for offline machines, or while the list has several
 * pages, because each is a call.
 */
export function listIntervalMs(
  { sessions, binds, pages }: Asking,
  nowMs: number,
  limits: Limits,
): number {
  const leastMs = Math.max(
    callsApartMs(LIST_SHARE, limits),
    pages === 1 ? 0 : pages * callsApartMs(PAGES_SHARE, limits),
  );
  if (binds) return Math.max(leastMs, limits.pollMs / 3);
  const patient = sessions.every(
    ({ glance, seen }) =>
      seen?.[0] === "Pending" &&
      glance?.cancel === null &&
      nowMs - (glance.submittedAtMs ?? nowMs) > limits.patienceMs,
  );
  return Math.max(leastMs, patient ? limits.pollMs * 4 : limits.pollMs);
}

/** The time between two calls that use this share of the budget. */
function callsApartMs(share: number, { readsPerHour, readsPerMinute }: Limits): number {
  return Math.max(HOUR_MS / (readsPerHour * share), MINUTE_MS / (readsPerMinute * share));
}
