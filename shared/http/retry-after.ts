const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The headers of an answer that say when to come back, unchanged. */
export interface ComeBack {
  readonly retryAfter: string | null;
  /** The answer's own `Date`. */
  readonly date: string | null;
}

/**
 * The wait that a `Retry-After` header asks for, in milliseconds from now, 0 or more. Null if it is
 * absent, or neither whole seconds nor an HTTP date (RFC 9110, 10.2.3). A date is measured from the
 * answer's own `Date`, so that the two clocks need not agree; without one, from `nowMs` (epoch
 * milliseconds). The caller decides how long a wait it accepts.
 */
export function retryAfterMs({ retryAfter, date }: ComeBack, nowMs: number): number | null {
  const asked = retryAfter?.trim() ?? "";
  if (/^\d{1,12}$/.test(asked)) return Number(asked) * 1_000;
  const untilMs = httpDateMs(asked);
  if (untilMs === null) return null;
  const fromMs = httpDateMs(date?.trim() ?? "") ?? nowMs;
  return Math.max(untilMs - fromMs, 0);
}

/** An HTTP date (RFC 9110, 5.6.7) in epoch milliseconds, or null. */
export function httpDateMs(text: string): number | null {
  if (!HTTP_DATE.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
