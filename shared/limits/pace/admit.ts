import { freeSessions, sessionCap, type Budget } from "./budget.ts";
import { paceMs, type Limits } from "./limits.ts";
import { drainProbeAtMs } from "./lockout.ts";
import { usualPickupMs } from "./patience.ts";
import { freeAtMs, nextSlotAtMs, takenSlots } from "./window.ts";

/** Whether anything may go now, how many, and if not, when to try again. */
export type Verdict =
  | { readonly kind: "go"; readonly room: number; readonly lowerRoom: number }
  | { readonly kind: "wait"; readonly untilMs: number; readonly why: "token" | "door" }
  /** No session is free: whoever frees one rings. */
  | { readonly kind: "full" }
  /** The most that may start without a list have started. The next list rings. */
  | { readonly kind: "unwatched" }
  /** Defender refuses us. Null while the poll's own probe has to succeed first. */
  | { readonly kind: "lockedOut"; readonly untilMs: number | null }
  | { readonly kind: "paused" };

/** Two sessions in 25 are kept for the urgent lane; fewer if the tenant takes fewer. */
const SESSIONS_PER_RESERVE = 12;
const LENT_PACES = 2;
/**
 * An app that has never been given a list starts this many before the first, because a token may be
 * good for starting and not for listing. Later it is the calls of one window.
 */
const UNLISTED_MAX = 1;

/** Decides with the earliest time it can be, so that a slot is never used too soon. */
export function admit(budget: Budget, earliestMs: number, limits: Limits): Verdict {
  if (budget.paused !== null) return { kind: "paused" };
  const { door, lockouts } = budget;
  const probeAtMs = drainProbeAtMs(budget);
  if (lockouts.length > 0 && (probeAtMs === null || probeAtMs > earliestMs)) {
    return { kind: "lockedOut", untilMs: probeAtMs };
  }
  if (door.closedUntilMs > earliestMs) {
    return { kind: "wait", untilMs: door.closedUntilMs, why: "door" };
  }
  const taken = takenSlots(budget.slots, earliestMs, limits);
  const free = limits.callsPerWindow - taken.length;
  if (free <= 0) {
    return { kind: "wait", untilMs: nextSlotAtMs(budget.slots, earliestMs, limits), why: "token" };
  }
  const probes = door.untried || lockouts.length > 0;
  const probe = probes ? taken.find((slot) => slot.stampedAtMs === null) : undefined;
  if (probe !== undefined) {
    const untilMs = freeAtMs(probe, limits);
    return lockouts.length > 0
      ? { kind: "lockedOut", untilMs }
      : { kind: "wait", untilMs, why: "door" };
  }
  const sessions = freeSessions(budget, earliestMs, limits);
  if (sessions === 0) return { kind: "full" };
  const unwatched = unwatchedRoom(budget, limits);
  if (unwatched === 0) return { kind: "unwatched" };
  const room = Math.min(free, sessions, unwatched, probes ? 1 : free);
  const lowerRoom = Math.min(room, lowerSessions(budget, earliestMs, limits));
  return { kind: "go", room, lowerRoom };
}

/**
 * How many more may start before Defender gives us a list again. lrq does not start what it cannot
 * watch, and only a list proves that it can.
 */
function unwatchedRoom({ sessions, listedAtMs }: Budget, limits: Limits): number {
  const most = listedAtMs === 0 ? UNLISTED_MAX : limits.callsPerWindow;
  const unseen = sessions.filter(({ glance }) => (glance?.claimedAtMs ?? 0) > listedAtMs).length;
  return Math.max(0, most - unseen);
}

/** Sessions that the lower lanes could still open: the free ones without the reserve. */
export function lowerSessions(budget: Budget, nowMs: number, limits: Limits): number {
  const kept = isReserveLent(budget, limits)
    ? 0
    : Math.floor(sessionCap(budget, nowMs, limits) / SESSIONS_PER_RESERVE);
  return Math.max(0, freeSessions(budget, nowMs, limits) - kept);
}

/**
 * True while so many sessions run that one ends every two paces (12 s): then an urgent sequence
 * gets one soon, and none need be kept. Pending sessions do not count, because an offline machine
 * ends none.
 */
function isReserveLent({ sessions, meanSessionMs, pickups }: Budget, limits: Limits): boolean {
  const isBrief = usualPickupMs(pickups) !== null;
  const running = sessions.filter(({ seen }) => isBrief || seen?.[0] === "InProgress").length;
  return running * LENT_PACES * paceMs(limits) >= meanSessionMs;
}

/**
 * When the best ready sequence may go; null if it needs a freed session or a resume. Lower lanes
 * wait for the pacer, so this is late for an urgent sequence, which rings its own bell.
 */
export function nextDispatchMs(verdict: Verdict, budget: Budget, nowMs: number): number | null {
  switch (verdict.kind) {
    case "go":
      return verdict.lowerRoom > 0 ? Math.max(nowMs, budget.paceAtMs) : nowMs;
    case "wait":
      return Math.max(verdict.untilMs, budget.paceAtMs);
    case "lockedOut":
      return verdict.untilMs;
    case "full":
    case "unwatched":
    case "paused":
      return null;
  }
}

/**
 * The pacer's next time after `count` sequences of the lower lanes went at `nowMs`. Unused time
 * counts for one slot at most.
 */
export function paceAfter(budget: Budget, count: number, nowMs: number, limits: Limits): number {
  return Math.max(budget.paceAtMs + count * paceMs(limits), nowMs);
}
