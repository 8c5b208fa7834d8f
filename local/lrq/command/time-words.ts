const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** An instant as lrq sends it, to the second: `2026-11-29 05:00:01Z`. */
export function instantWords(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** How long ago an instant was, or how long until it is. */
export function distanceWords(iso: string, nowMs: number): string {
  const ms = Date.parse(iso) - nowMs;
  return ms > 0 ? `in ${durationWords(ms)}` : `${durationWords(-ms)} ago`;
}

/** A duration in its largest unit that has two digits, as people read it. */
export function durationWords(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  return ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.round(ms / DAY_MS)} days`;
}
