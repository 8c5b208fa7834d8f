import type { Budget } from "../limits/pace/budget.ts";
import type { Limits } from "../limits/pace/limits.ts";
import { FIRST_MEAN } from "../limits/pace/mean-session.ts";
import { usualPickupMs } from "../limits/pace/patience.ts";
import type { Definition } from "./definition.ts";
import { msOf } from "./duration.ts";
import { NOTHING_TRIED } from "./round.ts";
import type { SweepRecord } from "./sweep.ts";
import { afterOpenTime } from "./window.ts";

/** How long a round that begins now would take. */
interface Estimate {
  /** The most sessions at once. */
  readonly sessions: number;
  /** Until its last call has ended, in minutes; 0 for no calls. */
  readonly estimatedMinutes: number;
  /** True if the round expires before that: then it does not reach all. */
  readonly expiresFirst: boolean;
}

/** So long a round gathers calls before it sends for the first time; allowance.ts. */
const WINDOWS_UNTIL_FIRST = 2;

/** What is known of earlier work; null or absent while nothing is. */
interface Past {
  readonly budget: Pick<Budget, "meanSessionMs" | "pickups"> | null;
  readonly last: SweepRecord["last"];
}

/**
 * By what its share of the calls and of the sessions allows, while its window is open; the slower
 * one counts. The last round that is over says how many are not there although they have reported
 * lately, and how long the others take. Who is not there costs a call, and a session for as long as
 * lrq waits.
 */
export function estimateOf(
  calls: number,
  { share, window, expires }: Pick<Definition, "share" | "window" | "expires">,
  { budget, last }: Past,
  { nowMs, ...limits }: Pick<Limits, Pace> & { readonly nowMs: number },
): Estimate {
  const most = Math.max(1, Math.floor(limits.maxSessions * share));
  const sessions = Math.min(most, calls);
  if (calls === 0) return { sessions, estimatedMinutes: 0, expiresFirst: false };
  const { meanSessionMs } = budget ?? FIRST_MEAN;
  const tried = last?.tried ?? NOTHING_TRIED;
  const reachedMs = tried.reached === 0 ? meanSessionMs : tried.reachedMs / tried.reached;
  const offline = tried.machines === 0 ? 0 : tried.offline / tried.machines;
  const waitedMs = usualPickupMs(budget?.pickups ?? []) ?? limits.patienceMs;
  const byCalls = (calls / (limits.callsPerWindow * share)) * limits.windowMs;
  const bySessions = (calls / most) * (reachedMs * (1 - offline) + waitedMs * offline);
  const beginsMs = nowMs + limits.windowMs * WINDOWS_UNTIL_FIRST;
  const sentMs = afterOpenTime(window, beginsMs, Math.max(byCalls, bySessions));
  const tookMs = sentMs + reachedMs - nowMs;
  return {
    sessions,
    estimatedMinutes: Math.ceil(tookMs / 60_000),
    expiresFirst: tookMs > msOf(expires),
  };
}

type Pace = "callsPerWindow" | "windowMs" | "maxSessions" | "patienceMs";
