import { isoOf } from "../ledger/row/instant.ts";
import { canonicalJson } from "../plan/canonical-json.ts";
import type { Definition } from "./definition.ts";
import { msOf } from "./duration.ts";
import { nextInZone } from "./zone.ts";

type Schedule = Definition["schedule"];

/** The first due time after `afterMs`, epoch milliseconds; null if there is none. */
export function nextDueMs(
  { schedule }: Pick<Definition, "schedule">,
  afterMs: number,
): number | null {
  if (schedule === null) return null;
  if ("cron" in schedule) return nextInZone(schedule.cron, schedule.zone, afterMs);
  const onceMs = Date.parse(schedule.once);
  return onceMs > afterMs ? onceMs : null;
}

/** Due times that are decided together. */
export interface DueTimes {
  /** How many; at least so many if not all were counted. */
  readonly count: number;
  readonly isAll: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What is due: the time of the round to start, or null if it is too late; and what is decided. */
export interface Due extends DueTimes {
  readonly startMs: number | null;
  readonly decidedAtMs: number;
}

/** To find one takes 0.3 ms, and nothing else runs meanwhile. Our own bound. */
const COUNTED_MAX = 1_000;

/**
 * What to do about the due times that nobody has decided yet, at `nowMs`. Of several the last one
 * starts, once, if it is no older than the starting deadline; the others never start. They are
 * counted up to 1,000. Null if none has come.
 */
export function decideDue(
  definition: Pick<Definition, "schedule" | "startingDeadline">,
  decidedAtMs: number,
  nowMs: number,
): Due | null {
  const firstMs = nextDueMs(definition, decidedAtMs);
  if (firstMs === null || firstMs > nowMs) return null;
  let count = 1;
  let knownMs = firstMs;
  let next = nextDueMs(definition, knownMs);
  while (next !== null && next <= nowMs && count < COUNTED_MAX) {
    count += 1;
    knownMs = next;
    next = nextDueMs(definition, knownMs);
  }
  const isAll = next === null || next > nowMs;
  const lastMs = isAll ? knownMs : lastDueMs(definition, knownMs, nowMs);
  const startMs = nowMs - lastMs > msOf(definition.startingDeadline) ? null : lastMs;
  return { count, isAll, firstMs, lastMs, startMs, decidedAtMs: Math.floor(nowMs) };
}

/** No two due times of a schedule are nearer. */
const MINUTE_MS = 60_000;

/** The last due time until `nowMs`, found by halves; `knownMs` is one before. */
function lastDueMs(
  definition: Pick<Definition, "schedule">,
  knownMs: number,
  nowMs: number,
): number {
  let lastMs = knownMs;
  let noneAfterMs = nowMs;
  while (noneAfterMs - lastMs >= MINUTE_MS) {
    const middleMs = (lastMs + noneAfterMs) / 2;
    const next = nextDueMs(definition, middleMs);
    if (next !== null && next <= nowMs) lastMs = next;
    else noneAfterMs = middleMs;
  }
  return lastMs;
}

/** Due times in words, for a line of the log that goes on with what became of them. */
export function dueInWords({ count, isAll, firstMs, lastMs }: DueTimes): string {
  if (count === 1) return `due at ${isoOf(firstMs)}`;
  const times = isAll ? count : `at least ${count}`;
  return `${times} times were due from ${isoOf(firstMs)} to ${isoOf(lastMs)}`;
}

/** True for schedules that are due at the same times, as far as their texts say. */
export function isSameSchedule(one: Schedule, other: Schedule): boolean {
  const [onceMs, otherMs] = [onceMsOf(one), onceMsOf(other)];
  if (onceMs !== null && otherMs !== null) return onceMs === otherMs;
  return canonicalJson(one) === canonicalJson(other);
}

/** True for a single due time that has passed: no round would ever start. */
export function isPast(schedule: Schedule, nowMs: number): boolean {
  const onceMs = onceMsOf(schedule);
  return onceMs !== null && onceMs <= nowMs;
}

function onceMsOf(schedule: Schedule): number | null {
  return schedule !== null && "once" in schedule ? Date.parse(schedule.once) : null;
}

/** More than the clocks of two hosts that are right differ. Our own bound. */
const AHEAD_MAX_MS = 3_600_000;

/** True if a clock that was far ahead has decided: nothing else would be due until then. */
export function isFarAhead(decidedAtMs: number, nowMs: number): boolean {
  return decidedAtMs - nowMs > AHEAD_MAX_MS;
}
