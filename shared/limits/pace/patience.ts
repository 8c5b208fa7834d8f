import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { Limits } from "./limits.ts";

/*
 * Nothing in the API tells whether a machine is online (its `lastSeen` is that of a daily report),
 * and how long one that is stays Pending is documented nowhere. So it is measured: what stays
 * Pending for longer than machines that were there ever did lately is most likely offline, and
 * while sessions bind its session is worth more to somebody else.
 */

/** Machines that began of late; of as many more, one is expected to take longer than all these. */
const PICKUPS_KEPT = 40;
/** Fewer are believed at twice their length, and very few not at all. */
const PICKUPS_TO_BELIEVE = 20;
const PICKUPS_TO_TRUST = 5;
/** Shorter than this, a poll more or less would decide. */
const LEAST_MS = 20_000;

/**
 * The last pickups with these: how old each action was when it was first seen to have begun. That
 * is late by as much as a poll, and so errs on the side of patience. What was waited for in vain
 * until now says nothing: its machine has come back.
 */
export function withPickups(
  pickups: readonly number[],
  seenAfterMs: readonly number[],
  limits: Limits,
): number[] {
  const known = seenAfterMs.filter((each) => each >= 0 && each <= limits.patienceMs);
  return [...pickups, ...known.map(Math.round)].slice(-PICKUPS_KEPT);
}

/** How long a machine that is there takes to begin, at most; null while too few have begun. */
export function usualPickupMs(pickups: readonly number[]): number | null {
  if (pickups.length < PICKUPS_TO_TRUST) return null;
  const longestMs = Math.max(LEAST_MS, ...pickups);
  return pickups.length < PICKUPS_TO_BELIEVE ? longestMs * 2 : longestMs;
}

/**
 * How long an action may stay Pending while others wait. With `pickupMs`, no longer than a machine
 * that is there needs, doubled for each time its machine was found offline: then one that is only
 * slow gets its time in the end. Urgent work is always waited for to the end.
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
/** What was given up early comes back so much sooner: less is known of its machine. */
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
