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

type ReadLimits = Pick<Limits, "readsPerMinute" | "readsPerHour">;

/**
 * The share of the machine budget that one caller may use, so that others can still look up
 * machines. Our own bound: the 500 names of the largest incident are 50 calls, half of a minute's.
 */
const SHARE = 0.5;

/** The most look-ups that one request can pay for at once. */
export function mostLookUps({ readsPerMinute, readsPerHour }: ReadLimits): number {
  return shareOf(Math.min(readsPerMinute, readsPerHour));
}

/**
 * Counts look-ups for `caller` at `nowMs`, epoch milliseconds; null if its share of the minute or
 * of the hour is too small. Callers without a look-up in this hour are dropped.
 */
export function spendShare(
  reads: CallerReads,
  { caller, calls }: { readonly caller: string; readonly calls: number },
  nowMs: number,
  limits: ReadLimits,
): CallerReads | null {
  const own = Object.hasOwn(reads, caller) ? reads[caller] : undefined;
  const minute = counted(own?.minute, calls, nowMs, MINUTE_MS);
  const hour = counted(own?.hour, calls, nowMs, HOUR_MS);
  const isOver =
    minute[1] > shareOf(limits.readsPerMinute) || hour[1] > shareOf(limits.readsPerHour);
  if (isOver) return null;
  const present = Object.entries(reads).filter(([, each]) => each.hour[0] === hour[0]);
  return { ...Object.fromEntries(present), [caller]: { ...own, minute, hour } };
}

function shareOf(limit: number): number {
  return Math.max(1, Math.floor(limit * SHARE));
}

function counted(
  before: Window | undefined,
  calls: number,
  nowMs: number,
  lengthMs: number,
): Window {
  const start = Math.floor(nowMs / lengthMs) * lengthMs;
  return [start, before?.[0] === start ? before[1] + calls : calls];
}
