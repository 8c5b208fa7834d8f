import { retryAfterMs, type ComeBack } from "../http/retry-after.ts";

/**
 * The longest wait that lrq accepts: Defender's quotas are for a minute and an hour (API limits
 * page).
 */
const LONGEST_MS = 3_600_000;

/** The wait that a 429 asks for, at most an hour from now; null if it names none. */
export function throttledAnswer(
  comeBack: ComeBack,
  nowMs: number,
): { readonly kind: "throttled"; readonly retryAfterMs: number | null } {
  const askedMs = retryAfterMs(comeBack, nowMs);
  return {
    kind: "throttled",
    retryAfterMs: askedMs === null ? null : Math.min(askedMs, LONGEST_MS),
  };
}
