import type { Limits } from "../limits/pace/limits.ts";
import { patienceMs } from "../limits/pace/patience.ts";
import type { Session } from "../limits/pace/session.ts";

/**
 * True if the action is Pending for longer than machines that are there have lately needed to
 * begin. The poll gives up such a session only while others wait for one. So a round must not wait
 * for it: then nobody would. `pickupMs` is null while too few machines have begun.
 */
export function isAway(
  { seen = [], glance }: Session,
  { pickupMs, nowMs }: { readonly pickupMs: number | null; readonly nowMs: number },
  limits: Limits,
): boolean {
  const submittedAtMs = glance?.submittedAtMs ?? null;
  if (glance === undefined || submittedAtMs === null || seen[0] !== "Pending") return false;
  return nowMs - submittedAtMs > patienceMs(glance, pickupMs, limits);
}
