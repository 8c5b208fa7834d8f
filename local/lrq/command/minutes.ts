import { UsageError } from "./stop.ts";
import type { Asked } from "./verb.ts";

const MINUTES_MOST = 1_440;
const MINUTE_MS = 60_000;

/** An option in minutes, as milliseconds; null if it was not given. */
export function minutesIn(asked: Asked, name: string): number | null {
  const text = asked.text(name);
  if (text === null) return null;
  const minutes = Number(text);
  if (Number.isFinite(minutes) && minutes > 0 && minutes <= MINUTES_MOST)
    return minutes * MINUTE_MS;
  throw new UsageError(`--${name} takes a number above 0, at most ${MINUTES_MOST}`);
}
