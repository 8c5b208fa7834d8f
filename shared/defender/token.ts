import { before } from "../http/deadline.ts";

/** An access token and its end, in epoch milliseconds. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Where calls get their token; `current` throws if there is none. */
export interface Tokens {
  current(): Promise<string>;
  /** Drops `token` if it is still the cached one, because Defender refused it. */
  forget(token: string): void;
}

/**
 * A token is renewed this long before its end, so that it does not end during a call (tokens live
 * an hour).
 */
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * The characters that may be after "Bearer " (RFC 6750, 2.1); with others the request could not be
 * sent.
 */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * A cached token, renewed five minutes before its end. For any number of calls that wait, one fetch
 * runs at a time, for at most `timeoutMs`. A failed fetch is not remembered, and changes nothing
 * while the old token is still good.
 */
export function createTokens(
  getToken: () => Promise<AccessToken>,
  nowMs: () => number,
  timeoutMs: number,
): Tokens {
  let cached: AccessToken | null = null;
  let underWay: Promise<AccessToken> | null = null;

  async function fetched(): Promise<AccessToken> {
    const fresh = await before(AbortSignal.timeout(timeoutMs), getToken());
    if (!TOKEN68.test(fresh.token)) throw new Error("the issued token is not a bearer token");
    cached = fresh;
    return fresh;
  }

  function renewed(): Promise<AccessToken> {
    underWay ??= fetched().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return {
    async current() {
      const old = cached;
      if (old !== null && nowMs() < old.expiresAtMs - RENEW_BEFORE_MS) return old.token;
      try {
        return (await renewed()).token;
      } catch (error) {
        if (cached !== null && cached === old && nowMs() < old.expiresAtMs) return old.token;
        throw error;
      }
    },
    forget(token) {
      if (cached?.token === token) cached = null;
    },
  };
}
