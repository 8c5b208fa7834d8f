import { z } from "zod";
import type { Limits } from "./limits.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The start of a minute or hour of the clock, and the calls in it. */
const window = z.tuple([z.number(), z.number()]);

/** The look-ups that were made for each caller lately. */
export const callerReadsSchema = z.record(z.string(), rowObject({ minute: window, hour: window }));
export type CallerReads = z.infer<typeof callerReadsSchema>;
type Window = z.infer<typeof window>;

/**
 * The share of the machine budget that one caller may use, so that others can still look up
 * machines. Our own bound: a request may read 50 machines, half of the calls of a minute.
 */
const SHARE = 0.5;

/**
 * Counts one look-up for `caller` at `nowMs`, epoch milliseconds; null if its share of the minute
 * or of the hour is used. Callers without a look-up in this hour are dropped.
 */
export function spendShare(
  reads: CallerReads,
  caller: string,
  nowMs: number,
  limits: Pick<Limits, "readsPerMinute" | "readsPerHour">,
): CallerReads | null {
  const own = Object.hasOwn(reads, caller) ? reads[caller] : undefined;
  const minute = counted(own?.minute, nowMs, MINUTE_MS);
  const hour = counted(own?.hour, nowMs, HOUR_MS);
  const isOver =
    minute[1] > shareOf(limits.readsPerMinute) || hour[1] > shareOf(limits.readsPerHour);
  if (isOver) return null;
  const present = Object.entries(reads).filter(([, each]) => each.hour[0] === hour[0]);
  return { ...Object.fromEntries(present), [caller]: { ...own, minute, hour } };
}

function shareOf(limit: number): number {
  return Math.max(1, Math.floor(limit * SHARE));
}

function counted(before: Window | undefined, nowMs: number, lengthMs: number): Window {
  const start = Math.floor(nowMs / lengthMs) * lengthMs;
  return before?.[0] === start ? [start, before[1] + 1] : [start, 1];
}
