import { retryAfterMs, type ComeBack } from "../http/retry-after.ts";

/**
 * The longest wait we believe: Defender's quotas are by the minute and by the hour (API limits
 * page).
 */
const LONGEST_MS = 3_600_000;

/** What a 429 says: when to come back, at most an hour from now; null if it does not say. */
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
