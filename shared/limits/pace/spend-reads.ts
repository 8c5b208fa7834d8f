import { spendShare } from "./caller-share.ts";
import { hasHuntTime } from "./hunt-time.ts";
import type { Limits } from "./limits.ts";
import { spend } from "./quota.ts";
import type { ReadKind, Reads, ReadStamp } from "./reads.ts";

/** Calls that are about to be made. */
export interface Spending {
  readonly kind: ReadKind;
  readonly calls: number;
  /** The share of the budget that this use may have, 0 to 1. */
  readonly share: number;
  /** The caller that look-ups are for; null for none. */
  readonly by: string | null;
  /** How often this may be done: `stamp` says when it was last done. */
  readonly at: { readonly stamp: ReadStamp; readonly intervalMs: number } | null;
}

/**
 * The row with these calls spent at `nowMs`, epoch milliseconds. Null if the budget, the running
 * time of hunts or the caller's share is spent, or if the last time is less than the interval ago.
 */
export function spendReads(
  reads: Reads,
  { kind, calls, share, by, at }: Spending,
  nowMs: number,
  limits: Limits,
): Reads | null {
  if (at !== null && nowMs < reads[at.stamp] + at.intervalMs) return null;
  if (kind === "hunt" && !hasHuntTime(reads.huntTime, nowMs)) return null;
  const most = kind === "hunt" ? { ...limits, readsPerMinute: limits.huntsPerMinute } : limits;
  const spent = spend(reads[kind], { calls, share }, nowMs, most);
  if (spent.kind === "wait") return null;
  const { machinesBy } = reads;
  const ofCallers =
    by === null ? machinesBy : spendShare(machinesBy, { caller: by, calls }, nowMs, limits);
  if (ofCallers === null) return null;
  const stamped = at === null ? {} : { [at.stamp]: nowMs };
  return { ...reads, [kind]: spent.quota, machinesBy: ofCallers, ...stamped };
}
