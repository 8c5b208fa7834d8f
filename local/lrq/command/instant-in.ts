import { UsageError } from "./stop.ts";

/** The option of each command that shows what happened since a time. */
export const SINCE = [
  "--since <time>",
  "only those since then: 30m, 24h, 7d, or an ISO 8601 time",
] as const;

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The instant that `--since` means, in ISO 8601: a time, or so long ago. */
export function instantIn(text: string, nowMs: number): string {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (unit === "m" || unit === "h" || unit === "d") {
    return new Date(nowMs - Number(number) * UNITS_MS[unit]).toISOString();
  }
  const ms = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new UsageError("--since takes 30m, 24h, 7d, or a time such as 2026-11-29T03:00:00Z");
}
