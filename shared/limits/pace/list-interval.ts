import type { Limits } from "./limits.ts";
import type { Session } from "./session.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Polls may use half of the list budget; the rest is for people and for recovery. */
const LIST_SHARE = 0.5;
/** Further pages are paid from that rest, at a rate that leaves something to others. */
const PAGES_SHARE = 0.3;
/** Most live responses have ended by then. */
const YOUNG_MS = 300_000;
/** The interval, in usual ones. */
const BRIEF = 1 / 3;
const LONG = 4;

/** For which sessions the list is asked for, and what is known at that time. */
interface Asking {
  readonly sessions: readonly Session[];
  /** True if sequences are ready to go. */
  readonly othersWait: boolean;
  /** True if they wait for sessions. */
  readonly binds: boolean;
  /** The pages that the last list had. */
  readonly pages: number;
  readonly nowMs: number;
}

/**
 * The shortest time between two lists, milliseconds. It is brief while sessions are scarce and work
 * waits, and while only the last few of an incident run, because somebody waits for their evidence.
 * It is long while all open sessions wait for offline machines. It is longer while the list has
 * several pages, because each is a call.
 */
export function listIntervalMs(asking: Asking, limits: Limits): number {
  const { binds, pages } = asking;
  const leastMs = Math.max(
    callsApartMs(LIST_SHARE, limits),
    pages === 1 ? 0 : pages * callsApartMs(PAGES_SHARE, limits),
  );
  const times = binds || areLast(asking, limits) ? BRIEF : isPatient(asking, limits) ? LONG : 1;
  return Math.max(leastMs, limits.pollMs * times);
}

/** The time between two calls that use this share of the budget. */
function callsApartMs(share: number, { readsPerHour, readsPerMinute }: Limits): number {
  return Math.max(HOUR_MS / (readsPerHour * share), MINUTE_MS / (readsPerMinute * share));
}

function areLast({ sessions, othersWait, nowMs }: Asking, { callsPerWindow }: Limits): boolean {
  if (othersWait || sessions.length > callsPerWindow / 2) return false;
  return sessions.some(({ glance }) => (glance?.submittedAtMs ?? 0) > nowMs - YOUNG_MS);
}

function isPatient({ sessions, nowMs }: Asking, { patienceMs }: Limits): boolean {
  return sessions.every(
    ({ glance, seen }) =>
      seen?.[0] === "Pending" &&
      glance?.cancel === null &&
      nowMs - (glance.submittedAtMs ?? nowMs) > patienceMs,
  );
}
