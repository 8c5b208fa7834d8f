import { z } from "zod";

const HOUR_MS = 3_600_000;
const SPAN_MS = 60_000;
/** What Defender lets the queries of an app run in an hour (API page "Advanced hunting"). */
const RUNNING_MS_PER_HOUR = 600_000;

/** How long queries ran in the last hour, by minute: `[start, milliseconds]`. */
export const huntTimeSchema = z.array(z.tuple([z.number(), z.number()]));
type HuntTime = z.infer<typeof huntTimeSchema>;

/**
 * True while Defender lets another query run. The next one may run longer than what is left, for
 * nobody knows before; a minute counts whole while any part of it is in the hour.
 */
export function hasHuntTime(huntTime: HuntTime, nowMs: number): boolean {
  const usedMs = lately(huntTime, nowMs).reduce((sum, [, ms]) => sum + ms, 0);
  return usedMs < RUNNING_MS_PER_HOUR;
}

/** With a query that has just ended and took so long. */
export function withHuntTime(huntTime: HuntTime, tookMs: number, nowMs: number): HuntTime {
  const start = Math.floor(nowMs / SPAN_MS) * SPAN_MS;
  const took = Math.ceil(Math.max(0, tookMs));
  const before = lately(huntTime, nowMs);
  const last = before.at(-1);
  if (last === undefined || last[0] < start) return [...before, [start, took]];
  return [...before.slice(0, -1), [last[0], last[1] + took]];
}

function lately(huntTime: HuntTime, nowMs: number): HuntTime {
  return huntTime.filter(([start]) => start + SPAN_MS > nowMs - HOUR_MS);
}
