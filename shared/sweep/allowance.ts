import type { Limits } from "../limits/pace/limits.ts";
import type { RoundRecord } from "./round.ts";

/**
 * So many minutes of its share a round may send at once. It waits until it may send a good part of
 * that, because each time costs requests; so its share holds over some minutes, not in each.
 */
const MINUTES_AT_ONCE = 4;
/** One transaction takes the rows of so many machines: two changes each, and the round. */
const AT_ONCE_MAX = 45;

type Allowance = RoundRecord["allowance"];

/** What a round may spend at `nowMs`: calls come with time, by its share, up to some minutes' worth. */
export function allowanceAt(
  { calls, atMs }: Allowance,
  share: number,
  limits: Pick<Limits, "callsPerWindow" | "windowMs">,
  nowMs: number,
): Allowance {
  const perMs = (limits.callsPerWindow * share) / limits.windowMs;
  const most = Math.max(1, perMs * limits.windowMs * MINUTES_AT_ONCE);
  return {
    calls: Math.min(most, calls + Math.max(0, nowMs - atMs) * perMs),
    atMs: Math.max(atMs, Math.floor(nowMs)),
  };
}

/**
 * How many machines it sends now. While more wait it sends none before it may send a good many;
 * `ready` are those of all sweeps that have been sent and not yet submitted.
 */
export function machinesToSend(
  allowance: Allowance,
  { waiting, ready }: { readonly waiting: number; readonly ready: number },
  share: number,
  { callsPerWindow }: Pick<Limits, "callsPerWindow">,
): number {
  const most = callsPerWindow * share * MINUTES_AT_ONCE;
  const room = Math.floor(Math.min(allowance.calls, most - ready));
  const some = Math.min(room, waiting, AT_ONCE_MAX);
  return some >= Math.min(waiting, Math.ceil(most / 2), AT_ONCE_MAX) ? Math.max(0, some) : 0;
}
