import { isoOf } from "../../ledger/row/instant.ts";
import {
  mainLockout,
  remedyFor,
  type Lockout,
  type LockedCall,
} from "../../limits/pace/lockout.ts";

/** Why Defender refuses us, since when, and what to do about it. */
export interface LockoutView {
  readonly call: LockedCall;
  readonly since: string;
  readonly httpStatus: number | null;
  readonly detail: string;
  readonly remedy: string;
  readonly nextTryAt: string;
}

const WORDS: Readonly<Record<LockedCall, string>> = {
  token: "There is no access token",
  submit: "Defender refuses to start sessions",
  list: "Defender refuses to list actions, and lrq starts nothing that it cannot watch",
  machines: "Defender refuses to show machines",
  link: "Defender refuses links to results",
};

/** The one reason for all sequences that wait; null if nothing is refused. */
export function describeLockout(budget: {
  readonly lockouts: readonly Lockout[];
}): LockoutView | null {
  const lockout = mainLockout(budget);
  if (lockout === null) return null;
  const { call, sinceMs, httpStatus, detail, nextAtMs } = lockout;
  const times = { since: isoOf(sinceMs), nextTryAt: isoOf(nextAtMs) };
  return { call, httpStatus, detail, remedy: remedyFor(lockout), ...times };
}

/** The same in words, without the remedy. */
export function lockoutInWords({ call, since, detail }: LockoutView): string {
  return `${WORDS[call]}, since ${since}: ${detail}`;
}
