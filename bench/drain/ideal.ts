import type { Limits } from "../../shared/limits/pace/limits.ts";

/**
 * When the last of these would have ended, milliseconds from the start, if nothing took time but
 * sessions and the two laws: a slot is free the instant its window is over, and a session the
 * instant its action ends. A machine that is offline (null) costs a session of `knownAfterMs`:
 * before machines that are there have all begun, nobody can tell.
 */
export function idealUntilDone(
  lengthsMs: readonly (number | null)[],
  knownAfterMs: number,
  { callsPerWindow, windowMs, maxSessions }: Limits,
): number {
  let nowMs = 0;
  let lastMs = 0;
  const slotsMs: number[] = [];
  let sessionsMs: number[] = [];
  for (const lengthMs of lengthsMs) {
    // In the order in which they are free again; a full list is waited for.
    if (slotsMs.length === callsPerWindow) nowMs = Math.max(nowMs, slotsMs.shift() ?? 0);
    if (sessionsMs.length === maxSessions) nowMs = Math.max(nowMs, sessionsMs.shift() ?? 0);
    slotsMs.push(nowMs + windowMs);
    sessionsMs = sessionsMs.concat(nowMs + (lengthMs ?? knownAfterMs)).sort((a, b) => a - b);
    if (lengthMs !== null) lastMs = Math.max(lastMs, nowMs + lengthMs);
  }
  return lastMs;
}
