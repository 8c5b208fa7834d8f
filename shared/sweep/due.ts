import type { Definition } from "./definition.ts";
import { msOf } from "./duration.ts";
import { nextInZone } from "./zone.ts";

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

/** A round is due: the one to start, or null if it is too late for any; and what is decided. */
export interface Due {
  readonly startMs: number | null;
  readonly decidedAtMs: number;
}

/** As many due times lie within the longest deadline, if one comes each minute. */
const LOOKED_AT_MAX = 11_000;

/**
 * What to do about the due times that nobody has decided yet, at `nowMs`. Of several the last one
 * starts, once, if it is no older than the starting deadline; the others never start. Null if none
 * has come.
 */
export function decideDue(
  definition: Pick<Definition, "schedule" | "startingDeadline">,
  decidedAtMs: number,
  nowMs: number,
): Due | null {
  const first = nextDueMs(definition, decidedAtMs);
  if (first === null || first > nowMs) return null;
  const oldestMs = nowMs - msOf(definition.startingDeadline);
  let startMs: number | null = first < oldestMs ? null : first;
  let next = nextDueMs(definition, Math.max(first, oldestMs - 1));
  for (let looked = 0; looked < LOOKED_AT_MAX && next !== null && next <= nowMs; looked += 1) {
    startMs = next;
    next = nextDueMs(definition, next);
  }
  return { startMs, decidedAtMs: Math.floor(nowMs) };
}
