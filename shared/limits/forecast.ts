import { freeSessions, sessionCap, type Budget } from "./budget.ts";
import { paceMs, type Limits } from "./limits.ts";
import { nextSlotAtMs, takenSlots } from "./window.ts";

/**
 * When a sequence with `ahead` others before it can be expected to start: the later of what calls
 * allow (one each pace) and what sessions allow (as many at once as the cap, each as long as of
 * late). Null while paused.
 */
export function forecastStartMs(
  budget: Budget,
  ahead: number,
  nowMs: number,
  limits: Limits,
): number | null {
  if (budget.paused !== null) return null;
  const openMs = Math.max(nowMs, budget.door.closedUntilMs);
  return Math.max(
    byCalls(budget, ahead, openMs, limits),
    bySessions(budget, ahead, openMs, limits),
  );
}

function byCalls(budget: Budget, ahead: number, nowMs: number, limits: Limits): number {
  const taken = takenSlots(budget.slots, nowMs, limits).length;
  const free = Math.max(0, limits.callsPerWindow - taken);
  if (ahead < free) return nowMs;
  return nextSlotAtMs(budget.slots, nowMs, limits) + (ahead - free) * paceMs(limits);
}

function bySessions(budget: Budget, ahead: number, nowMs: number, limits: Limits): number {
  const free = freeSessions(budget, nowMs, limits);
  if (ahead < free) return nowMs;
  const cap = Math.max(1, sessionCap(budget, nowMs, limits) - budget.foreign);
  return nowMs + ((ahead - free + 1) * budget.meanSessionMs) / cap;
}
