import { tooManyRequests } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { complain } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";
import { countWithin, opensAtMs } from "./window.ts";

/** The APIs other than the POST, each with its own quota as the pages say ("per API"). */
export type ReadApi =
  | "list"
  | "get"
  | "link"
  | "cancel"
  | "machines"
  | "machine"
  | "findByTag"
  | "findByIp"
  | "libraryList"
  | "libraryUpload"
  | "libraryDelete"
  | "hunt";

/**
 * Counts a call against 100 a minute, hunts against 45, and 1,500 an hour; 429 when it is one too
 * many.
 */
export function countRead(tenant: Tenant, api: ReadApi, nowMs: number): Answer | null {
  const { limits, switches, ms } = tenant.rules;
  const { readsAtMs, readCounts } = tenant.state;
  readCounts[api] = (readCounts[api] ?? 0) + 1;
  const log = switches.readQuotaScope === "perApi" ? api : "all";
  const [minuteMs, hourMs] = [ms(60), ms(3_600)];
  const timesMs = (readsAtMs[log] ?? []).filter((atMs) => atMs > nowMs - hourMs);
  const perMinute = api === "hunt" ? limits.huntsPerMinute : limits.readsPerMinute;
  const within =
    countWithin(timesMs, nowMs, minuteMs) < perMinute &&
    countWithin(timesMs, nowMs, hourMs) < limits.readsPerHour;
  if (within || switches.refusedCallsCount) timesMs.push(nowMs);
  readsAtMs[log] = timesMs;
  if (within) return null;
  complain(tenant, `Too many calls to ${log}`);
  const opensMs = Math.max(
    opensAtMs(timesMs, nowMs, minuteMs, perMinute),
    opensAtMs(timesMs, nowMs, hourMs, limits.readsPerHour),
  );
  const waitMs = switches.retryAfterOnReads ? opensMs - nowMs : null;
  return tooManyRequests(tenant, `Too many calls to ${log}`, waitMs);
}
