/** Whether one more request of a caller may be answered now. */
type Rated =
  | { readonly kind: "free" }
  /** It may ask again in `retryAfterSeconds`, 1 to 60. */
  | { readonly kind: "over"; readonly retryAfterSeconds: number };

/** The requests of each caller in the present minute, as far as this process has seen them. */
export interface RequestRates {
  /** Counts one request at `nowMs`, epoch milliseconds. A refused one does not count. */
  count(caller: string, nowMs: number): Rated;
}

const MINUTE_MS = 60_000;

/**
 * At most `perMinute` requests of each caller in a minute of the clock. The counts are in memory:
 * a row for each request would cost more than most requests do, and refusals write nothing. So
 * several hosts together let through as many times more.
 */
export function createRequestRates(perMinute: number): RequestRates {
  const counts = new Map<string, { readonly minute: number; readonly requests: number }>();
  return {
    count: (caller, nowMs) => {
      const minute = Math.floor(nowMs / MINUTE_MS);
      const before = counts.get(caller);
      const requests = before?.minute === minute ? before.requests : 0;
      if (requests >= perMinute) {
        const leftMs = (minute + 1) * MINUTE_MS - nowMs;
        return { kind: "over", retryAfterSeconds: Math.ceil(leftMs / 1_000) };
      }
      counts.set(caller, { minute, requests: requests + 1 });
      return { kind: "free" };
    },
  };
}
