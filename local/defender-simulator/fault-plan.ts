/** The calls that a fault can befall. */
export type FaultPoint =
  | "submit"
  | "list"
  | "get"
  | "link"
  | "download"
  | "cancel"
  | "machines"
  | "library"
  | "hunt"
  | "token";

/** What goes wrong; the README tells for each whether the call was carried out. */
export type FaultKind =
  | "drop-before"
  | "drop-after"
  | "500"
  | "500-after"
  | "503"
  | "401"
  | "403"
  | "404"
  | "429"
  | "busy"
  | "html"
  | "403-page"
  | "403-page-after"
  | "truncated"
  | "huge"
  | "slow"
  | "slow-after"
  | "existing-action"
  | "cancel-loses";

export interface Fault {
  readonly on: FaultPoint;
  readonly fault: FaultKind;
  /** Only this call of its kind, counted from 1 since the fault was planned. */
  readonly nth?: number;
  /**
   * Each call with this probability, drawn from the seed. Without `nth` and `probability`: every
   * call.
   */
  readonly probability?: number;
  /** Strikes at most this often. */
  readonly times?: number;
  /** For `slow` and `slow-after`: simulated seconds of delay. */
  readonly seconds?: number;
  /** For `429` and `503`: the `Retry-After` header as it stands; without it there is none. */
  readonly retryAfter?: string;
}

export type FaultPlan = readonly Fault[];
