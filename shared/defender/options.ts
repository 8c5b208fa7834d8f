import type { AccessToken } from "./token.ts";

/** How to reach Defender. */
export interface DefenderOptions {
  /**
   * The address before `/api`, such as `https://api.security.microsoft.com`; plain http only on
   * loopback.
   */
  readonly baseUrl: string;
  readonly getToken: () => Promise<AccessToken>;
  /**
   * This host's clock, epoch milliseconds, only for the life of tokens and for dates in headers.
   */
  readonly nowMs: () => number;
  readonly timeouts: DefenderTimeouts;
  /**
   * Hosts that result links may lead to, each with all names below it; or a loopback `host:port`
   * while the API is on loopback.
   */
  readonly linkHosts: readonly string[];
  /** Where queries are run; null or nothing is Defender itself. */
  readonly graph?: GraphOptions | null;
}

/** Microsoft Graph: its address before the version, and its own tokens. */
export interface GraphOptions extends Pick<DefenderOptions, "baseUrl" | "getToken"> {}

/** The time for each step. Defender documents no times, so these are settings. */
interface DefenderTimeouts {
  /** From the call of `submit` to the end of its answer, the token included. */
  readonly submitMs: number;
  /** Any other call, its body included; for a download, until its headers are in. */
  readonly readMs: number;
  readonly tokenMs: number;
  /** The longest silence within a download. */
  readonly stallMs: number;
}

/** Half a minute a call, a minute of silence in a download. */
export const DEFAULT_TIMEOUTS: DefenderTimeouts = {
  submitMs: 30_000,
  readMs: 30_000,
  tokenMs: 30_000,
  stallMs: 60_000,
};
