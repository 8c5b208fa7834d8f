import { CAP_CREEP_MS, sessionCap, type Budget } from "./budget.ts";
import { backOff, type Limits } from "./limits.ts";
import { takenSlots } from "./window.ts";

const MOST_DOOR_STEPS = 15;

/**
 * A 429. With a time it closes the door till then. Without one it is read as the session cap, which
 * is learned from wherever it is, unless something speaks against that; then the door closes for a
 * growing while.
 */
export function throttled(
  budget: Budget,
  sequenceId: string,
  answer: { retryAfterMs: number | null; latestMs: number },
  limits: Limits,
): Budget {
  const { retryAfterMs, latestMs } = answer;
  const others = budget.sessions.filter((each) => each.sequenceId !== sequenceId).length;
  const refusal: Refusal = {
    live: others + budget.foreign,
    calls: takenSlots(budget.slots, latestMs, limits).length,
    sentAtMs:
      budget.slots.findLast((slot) => slot.sequenceId === sequenceId)?.reservedAtMs ?? latestMs,
  };
  if (retryAfterMs === null && isOfSessions(budget, refusal, limits)) {
    return withLearned(budget, refusal.live, latestMs, limits);
  }
  const othersSuspected = areOthersSeen(budget, refusal, answer, limits);
  const seen = { last429AtMs: latestMs, othersSuspected };
  // While the door is closed none leaves: this one left together with the one that closed it, and
  // counts with it.
  const counts = retryAfterMs === null && latestMs >= budget.door.closedUntilMs;
  const step = Math.min(budget.door.step + (counts ? 1 : 0), MOST_DOOR_STEPS);
  const waitMs = retryAfterMs ?? backOff(limits.closedDoorMs, step, MOST_DOOR_STEPS);
  const closedUntilMs = Math.max(budget.door.closedUntilMs, latestMs + waitMs);
  const closed = { closedUntilMs, step, untried: true, closedBy: "throttled" } as const;
  return { ...budget, door: { ...budget.door, ...seen, ...closed } };
}

/** A refused POST: how many others were open, the calls of the window, and when it was sent. */
interface Refusal {
  readonly live: number;
  readonly calls: number;
  readonly sentAtMs: number;
}

/**
 * What is refused at the cap fits as soon as a session ends. So fewer than were refused before,
 * with none opened in between, are no cap; nor are those of one window whose calls are all used.
 */
function isOfSessions(budget: Budget, { live, calls, sentAtMs }: Refusal, limits: Limits): boolean {
  const { learnedSessions, openedAtMs, door } = budget;
  if (live === 0) return false;
  const isOfOneWindow = calls >= limits.callsPerWindow && live <= limits.callsPerWindow;
  if (isOfOneWindow && live < sessionCap(budget, sentAtMs, limits) - 1) return false;
  const isAgain = sentAtMs > door.last429AtMs;
  const isInARow = isAgain && openedAtMs <= door.last429AtMs;
  return !(isInARow && learnedSessions !== null && live < learnedSessions);
}

/**
 * Seen once, it is tried again soon, for others' calls may have been the reason; seen again at the
 * same number with nobody else there, after the usual while.
 */
function withLearned(budget: Budget, live: number, latestMs: number, limits: Limits): Budget {
  const soonMs = Math.max(0, CAP_CREEP_MS - limits.closedDoorMs);
  const isSure = live === budget.learnedSessions && budget.foreign === 0;
  const learnedAtMs = isSure ? latestMs : latestMs - soonMs;
  const othersSuspected = budget.foreign > 0;
  const door = { ...budget.door, last429AtMs: latestMs, othersSuspected };
  return { ...budget, learnedSessions: live, learnedAtMs, door };
}

/**
 * A sign of others who use the quota: fewer calls of ours than allowed were refused, and either
 * their actions are listed, or no cap on sessions explains it.
 */
function areOthersSeen(
  budget: Budget,
  { live, calls, sentAtMs }: Refusal,
  { retryAfterMs }: { retryAfterMs: number | null },
  limits: Limits,
): boolean {
  if (calls >= limits.callsPerWindow) return false;
  const isFew = live * 2 < sessionCap(budget, sentAtMs, limits);
  return budget.foreign > 0 || retryAfterMs === null || isFew;
}
