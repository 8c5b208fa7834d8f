/**
 * The longest wait we believe: Defender's quotas are by the minute and by the hour (API limits
 * page).
 */
const LONGEST_MS = 3_600_000;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What a `Retry-After` header asks for, in milliseconds from now, 0 to one hour; null if it is
 * absent or neither whole seconds nor an HTTP date (RFC 9110, 10.2.3). A date is measured from the
 * answer's own `Date` header where there is one, so that the two clocks need not agree; `nowMs`
 * stands in for it.
 */
export function retryAfterMs(
  retryAfter: string | null,
  date: string | null,
  nowMs: number,
): number | null {
  const asked = retryAfter?.trim() ?? "";
  if (/^\d{1,12}$/.test(asked)) return Math.min(Number(asked) * 1_000, LONGEST_MS);
  const untilMs = httpDateMs(asked);
  if (untilMs === null) return null;
  const fromMs = httpDateMs(date?.trim() ?? "") ?? nowMs;
  return Math.min(Math.max(untilMs - fromMs, 0), LONGEST_MS);
}

/** An HTTP date (RFC 9110, 5.6.7) in epoch milliseconds, or null. */
export function httpDateMs(text: string): number | null {
  if (!HTTP_DATE.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
