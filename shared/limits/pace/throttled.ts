import { CAP_CREEP_MS, sessionCap, type Budget } from "./budget.ts";
import { backOff, type Limits } from "./limits.ts";
import { takenSlots } from "./window.ts";

const MOST_DOOR_STEPS = 15;

/**
 * The budget after a 429. If it names a time, the door closes until then. Without a time it is
 * taken as the session cap, which is learned from the sessions open now. If something contradicts
 * that, the door closes instead, longer each time.
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
  // While the door is closed nothing leaves. So this POST left together with the one that closed
  // it, and both count as one.
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
 * True if the 429 is about the session cap. Two things contradict it. A POST refused at the cap
 * fits as soon as a session ends: so if fewer are open than at the last refusal, and none was
 * opened in between, it is no cap. Nor is it one if all open sessions are of one window and its
 * calls are used up.
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
 * A cap that was seen once is tried again soon, because the calls of others may have been the
 * reason. If it is seen again at the same number, with no session of others, it is tried again
 * after the usual time.
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
 * True if others seem to use the quota: our calls were fewer than allowed, and either actions of
 * others are listed, or no cap on sessions explains the refusal.
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
