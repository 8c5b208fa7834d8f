import { freeSessions, sessionCap, type Budget } from "./budget.ts";
import { paceMs, type Limits } from "./limits.ts";
import { drainProbeAtMs } from "./lockout.ts";
import { usualPickupMs } from "./patience.ts";
import { freeAtMs, nextSlotAtMs, takenSlots } from "./window.ts";

/** Whether anything may go now, how many, and if not, when to look again. */
export type Verdict =
  | { readonly kind: "go"; readonly room: number; readonly lowerRoom: number }
  | { readonly kind: "wait"; readonly untilMs: number; readonly why: "token" | "door" }
  /** No session is free: whoever frees one will ring. */
  | { readonly kind: "full" }
  /** So many were started since Defender last gave us its list: the next list will ring. */
  | { readonly kind: "unwatched" }
  /** Defender does not let us in; null while the poll's own probe has to get through first. */
  | { readonly kind: "lockedOut"; readonly untilMs: number | null }
  | { readonly kind: "paused" };

/** Two sessions in 25 are kept for the urgent lane; fewer when the tenant takes fewer. */
const SESSIONS_PER_RESERVE = 12;
const LENT_PACES = 2;
/**
 * An app that has never been given a list starts this many before the first: a token may be good
 * for starting and not for looking. Later it is the calls of one window.
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
 * How many more may be started before Defender has given us a list again: what nobody can watch is
 * not started, and only a list tells whether we can.
 */
function unwatchedRoom({ sessions, listedAtMs }: Budget, limits: Limits): number {
  const most = listedAtMs === 0 ? UNLISTED_MAX : limits.callsPerWindow;
  const unseen = sessions.filter(({ glance }) => (glance?.claimedAtMs ?? 0) > listedAtMs).length;
  return Math.max(0, most - unseen);
}

/** Sessions that the lower lanes could still open: those that are free, but for the reserve. */
export function lowerSessions(budget: Budget, nowMs: number, limits: Limits): number {
  const kept = isReserveLent(budget, limits)
    ? 0
    : Math.floor(sessionCap(budget, nowMs, limits) / SESSIONS_PER_RESERVE);
  return Math.max(0, freeSessions(budget, nowMs, limits) - kept);
}

/**
 * While so many sessions run that one ends every two paces (12 s), an urgent sequence has one soon
 * without any being kept. Pending ones are not counted: offline machines end nothing.
 */
function isReserveLent({ sessions, meanSessionMs, pickups }: Budget, limits: Limits): boolean {
  const isBrief = usualPickupMs(pickups) !== null;
  const running = sessions.filter(({ seen }) => isBrief || seen?.[0] === "InProgress").length;
  return running * LENT_PACES * paceMs(limits) >= meanSessionMs;
}

/**
 * When the best ready sequence may go, or null while only a freed session or a resume can let it.
 * Lower lanes wait for the pacer, so this is late for an urgent one: that comes with a bell of its
 * own.
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
 * The pacer's next time after `count` sequences of the lower lanes went at `nowMs`; one slot of
 * credit, no more.
 */
export function paceAfter(budget: Budget, count: number, nowMs: number, limits: Limits): number {
  return Math.max(budget.paceAtMs + count * paceMs(limits), nowMs);
}
