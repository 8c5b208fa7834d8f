import { z } from "zod";
import type { Limits } from "./limits.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

const FINE = { spanMs: 5_000, windowMs: 60_000 } as const;
const COARSE = { spanMs: 60_000, windowMs: 3_600_000 } as const;

const spans = z.array(z.tuple([z.number(), z.number()]));
export const quotaSchema = rowObject({ minute: spans, hour: spans });

/**
 * Calls spent from a budget for a minute and one for an hour, counted by span: `[start, calls]`. A
 * span counts whole while any part of it is in the window. So the count is rather too high, and lrq
 * waits rather than gets a 429.
 */
export type Quota = z.infer<typeof quotaSchema>;
type Spans = Quota["minute"];

export const FIRST_QUOTA: Quota = { minute: [], hour: [] };

export type Spent =
  | { readonly kind: "spent"; readonly quota: Quota }
  | { readonly kind: "wait"; readonly untilMs: number };

/** The calls to make at once, and the share of the limit they are for; all of it by default. */
export interface Use {
  readonly calls: number;
  readonly share?: number;
}

/**
 * Takes the calls from the quota at `nowMs`, or says when to ask again. Throws for more calls than
 * the whole limit.
 */
export function spend(
  quota: Quota,
  { calls, share = 1 }: Use,
  nowMs: number,
  limits: Pick<Limits, "readsPerMinute" | "readsPerHour">,
): Spent {
  const minute = quota.minute.filter(([start]) => start + FINE.spanMs > nowMs - FINE.windowMs);
  const hour = quota.hour.filter(([start]) => start + COARSE.spanMs > nowMs - COARSE.windowMs);
  const untilMs = Math.max(
    opensAtMs(minute, calls, Math.floor(limits.readsPerMinute * share), FINE),
    opensAtMs(hour, calls, Math.floor(limits.readsPerHour * share), COARSE),
  );
  if (untilMs > 0) return { kind: "wait", untilMs };
  return {
    kind: "spent",
    quota: {
      ...quota,
      minute: counted(minute, calls, nowMs, FINE),
      hour: counted(hour, calls, nowMs, COARSE),
    },
  };
}

/** When enough of the window has passed for `calls` more; 0 when there is room now. */
function opensAtMs(
  counts: Spans,
  calls: number,
  limit: number,
  size: typeof FINE | typeof COARSE,
): number {
  let used = counts.reduce((sum, [, count]) => sum + count, 0);
  if (used + calls <= limit) return 0;
  for (const [start, count] of counts) {
    used -= count;
    if (used + calls <= limit) return start + size.spanMs + size.windowMs;
  }
  throw new Error(`${calls} calls at once is more than the whole limit of ${limit}`);
}

function counted(
  counts: Spans,
  calls: number,
  nowMs: number,
  size: typeof FINE | typeof COARSE,
): Spans {
  const start = Math.floor(nowMs / size.spanMs) * size.spanMs;
  const last = counts.at(-1);
  // If the clock stepped back, the calls count in the newest span; that is never too early.
  if (last !== undefined && last[0] >= start) {
    return [...counts.slice(0, -1), [last[0], last[1] + calls]];
  }
  return [...counts, [start, calls]];
}
