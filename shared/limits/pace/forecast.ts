import { URGENT_LANE, type Lane } from "../../plan/lane.ts";
import { lowerSessions } from "./admit.ts";
import { freeSessions, type Budget } from "./budget.ts";
import { paceMs, type Limits } from "./limits.ts";
import { nextSlotAtMs, takenSlots } from "./window.ts";

/** The waiting sequence: its lane, and how many others are before it. */
interface Waiting {
  readonly lane: Lane;
  readonly ahead: number;
}

/**
 * When a sequence will probably start: the later of what calls allow (one each pace) and what
 * sessions allow (one after another ends; lower lanes leave the reserve). Null during a pause, or
 * while Defender refuses us.
 */
export function forecastStartMs(
  budget: Budget,
  { lane, ahead }: Waiting,
  nowMs: number,
  limits: Limits,
): number | null {
  if (budget.paused !== null || budget.lockouts.length > 0) return null;
  const openMs = Math.max(nowMs, budget.door.closedUntilMs);
  const sessions = lane === URGENT_LANE ? freeSessions : lowerSessions;
  const place = ahead - sessions(budget, openMs, limits);
  return Math.max(byCalls(budget, ahead, openMs, limits), bySessions(budget, place, openMs));
}

function byCalls(budget: Budget, ahead: number, nowMs: number, limits: Limits): number {
  const taken = takenSlots(budget.slots, nowMs, limits).length;
  const free = Math.max(0, limits.callsPerWindow - taken);
  const after = Math.max(0, ahead - free);
  return nextSlotAtMs(budget.slots, nowMs, limits) + after * paceMs(limits);
}

/**
 * Each session is expected to last as long as the last ones did, and the next one after it, too.
 * `place` counts from 0 among the sequences for which no session is free now; below 0 one is free.
 */
function bySessions(budget: Budget, place: number, nowMs: number): number {
  if (place < 0) return nowMs;
  const { meanSessionMs } = budget;
  const ends = budget.sessions
    .map(({ glance }) => glance?.submittedAtMs ?? glance?.claimedAtMs ?? nowMs)
    .map((startMs) => Math.max(nowMs, startMs + meanSessionMs))
    .sort((a, b) => a - b);
  // If no session is ours, it waits for one of somebody else's, of which nothing is known.
  const sessionsBefore = ends.length === 0 ? 1 : Math.floor(place / ends.length);
  return (ends[place % ends.length] ?? nowMs) + sessionsBefore * meanSessionMs;
}
