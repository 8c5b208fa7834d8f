import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Limits } from "./limits.ts";

/*
 * Nothing in the API says whether a machine is online (its `lastSeen` is that of a daily report),
 * and how long the action of an online machine stays Pending is not documented. So lrq measures it.
 * An action that stays Pending longer than those of online machines lately did is most likely on an
 * offline machine. While sessions are scarce, another sequence has more use for its session.
 */

/** The last machines that began. Of this many more, about one takes longer than all of these. */
const PICKUPS_KEPT = 40;
/** With fewer, lrq doubles their longest time; with very few, it uses none. */
const PICKUPS_TO_BELIEVE = 20;
const PICKUPS_TO_TRUST = 5;
/** Below this, the time between two polls would decide. */
const LEAST_MS = 20_000;

/**
 * The last pickups with these: how old each action was when it was first seen to have begun. A poll
 * sees that late, so lrq waits rather too long than too short. An action beyond the patience says
 * nothing: its machine was offline and has come back.
 */
export function withPickups(
  pickups: readonly number[],
  seenAfterMs: readonly number[],
  limits: Limits,
): number[] {
  const known = seenAfterMs.filter((each) => each >= 0 && each <= limits.patienceMs);
  return [...pickups, ...known.map(Math.round)].slice(-PICKUPS_KEPT);
}

/** The longest time an online machine takes to begin; null while too few have begun. */
export function usualPickupMs(pickups: readonly number[]): number | null {
  if (pickups.length < PICKUPS_TO_TRUST) return null;
  const longestMs = Math.max(LEAST_MS, ...pickups);
  return pickups.length < PICKUPS_TO_BELIEVE ? longestMs * 2 : longestMs;
}

/**
 * How long an action may stay Pending while others wait. With `pickupMs` it is the time that an
 * online machine needs, doubled for each time its machine was found offline, so that a slow machine
 * gets enough time in the end. Urgent work always gets the full patience.
 */
export function patienceMs(
  { lane, offlineTimes }: Pick<SequenceRecord, "lane" | "offlineTimes">,
  pickupMs: number | null,
  limits: Limits,
): number {
  if (pickupMs === null || lane === URGENT_LANE) return limits.patienceMs;
  return Math.min(limits.patienceMs, pickupMs * 2 ** offlineTimes);
}

/**
 * Waits after an offline machine: one, four, twelve, then twenty-four times the first (an hour to a
 * day).
 */
const OFFLINE_STEPS = [1, 4, 12, 24] as const;
/**
 * A sequence given up early comes back this many times sooner, because less is known of its
 * machine.
 */
const SOONER = 4;

/** The wait before the next try of a sequence whose machine did not answer. */
export function offlineWaitMs(
  {
    offlineTimes,
    cancel,
    submittedAtMs,
  }: Pick<SequenceRecord, "offlineTimes" | "cancel" | "submittedAtMs">,
  limits: Limits,
): number {
  const step = OFFLINE_STEPS[Math.min(offlineTimes, OFFLINE_STEPS.length - 1)] ?? 1;
  const wholeMs = limits.offlineRetryMs * step;
  const isEarly =
    cancel?.why === "offline" &&
    submittedAtMs !== null &&
    cancel.atMs - submittedAtMs <= limits.patienceMs;
  return isEarly ? wholeMs / SOONER : wholeMs;
}
