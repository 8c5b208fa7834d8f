import { z } from "zod";
import { sequenceIdIn } from "../../ledger/row/keys.ts";
import { backOff, type Limits } from "./limits.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * What Defender can refuse to the app itself, whatever the machine: the access token, and four of
 * its calls. The one that a person has to mend first comes first.
 */
const LOCKED_CALLS = ["token", "submit", "list", "machines", "link"] as const;
export type LockedCall = (typeof LOCKED_CALLS)[number];

export const lockoutSchema = rowObject({
  call: z.enum(LOCKED_CALLS),
  sinceMs: fineInstant,
  /** Null if there was no call to Defender. */
  httpStatus: z.number().int().nullable(),
  /** The words of Defender, or of the identity service, cut to a bound. */
  detail: z.string(),
  /** Probes in a row that were refused. */
  times: z.number().int().positive(),
  /** When the next probe may go. */
  nextAtMs: fineInstant,
  /** The sequence whose POST was refused last. The next probe is another one's, if there is one. */
  sequenceId: z.string().nullable(),
});

/** Defender refuses us: which call, since when, and in what words. */
export type Lockout = z.infer<typeof lockoutSchema>;

/** One refusal, which came at `atMs` at the latest. */
export interface Refusal extends Pick<Lockout, "call" | "httpStatus" | "detail"> {
  readonly sequenceId?: string;
  readonly atMs: number;
}

interface Lockable {
  readonly lockouts: readonly Lockout[];
}

const DETAIL_CHARACTERS = 500;
/** A probe that only reads waits 15 s at first and four minutes at most (POLL_SECONDS). */
const WAITS_MOST = 15;

/**
 * The budget with the refusal. A refusal before the next probe is due belongs to a call that was
 * under way together with the last one. Then the budget does not change.
 */
export function lockedOutBy<B extends Lockable>(budget: B, refusal: Refusal, limits: Limits): B {
  const { call, httpStatus, atMs } = refusal;
  const before = lockoutOf(budget, call);
  if (before !== null && atMs < before.nextAtMs) return budget;
  const times = (before?.times ?? 0) + 1;
  const firstMs = call === "submit" ? limits.busyRetryMs : limits.pollMs;
  const next: Lockout = {
    ...before,
    call,
    sinceMs: before?.sinceMs ?? atMs,
    httpStatus,
    detail: refusal.detail.slice(0, DETAIL_CHARACTERS),
    times: Math.min(times, WAITS_MOST),
    nextAtMs: atMs + backOff(firstMs, times, WAITS_MOST),
    sequenceId: refusal.sequenceId ?? null,
  };
  return { ...budget, lockouts: [...others(budget, call), next] };
}

/** The budget after a probe whose answer says nothing; the next one waits as after a refusal. */
export function probedInVain<B extends Lockable>(
  budget: B,
  { sequenceId, atMs }: { sequenceId: string; atMs: number },
  limits: Limits,
): B {
  const before = lockoutOf(budget, "submit");
  return before === null ? budget : lockedOutBy(budget, { ...before, sequenceId, atMs }, limits);
}

/**
 * The budget after Defender let the call through at `atMs`. A POST that was answered before the
 * next probe was due left before the refusal, and says nothing of now.
 */
export function letIn<B extends Lockable>(budget: B, call: LockedCall, atMs: number): B {
  const before = lockoutOf(budget, call);
  if (before === null || (call === "submit" && atMs < before.nextAtMs)) return budget;
  return { ...budget, lockouts: others(budget, call) };
}

/** The present refusal of this call; null if it is not refused. */
export function lockoutOf({ lockouts }: Lockable, call: LockedCall): Lockout | null {
  return lockouts.find((each) => each.call === call) ?? null;
}

/** The one reason for all sequences that wait; null if nothing is refused. */
export function mainLockout(budget: Lockable): Lockout | null {
  return LOCKED_CALLS.map((call) => lockoutOf(budget, call)).find((each) => each !== null) ?? null;
}

/**
 * When the drain may send the next probe; null if the poll has to probe. Without a token no call is
 * possible, so its probe comes before all others.
 */
export function drainProbeAtMs(budget: Lockable): number | null {
  const token = lockoutOf(budget, "token");
  if (token !== null) return token.nextAtMs;
  const isBlind = budget.lockouts.some(({ call }) => call !== "submit");
  return isBlind ? null : (lockoutOf(budget, "submit")?.nextAtMs ?? null);
}

/**
 * Ready keys, with those of the sequence that was refused last at the end. Then a refusal that is
 * about one machine only does not keep others waiting.
 */
export function withProbeFirst(keys: readonly string[], budget: Lockable): readonly string[] {
  const refused = lockoutOf(budget, "submit")?.sequenceId;
  if (refused === undefined || refused === null) return keys;
  const isRefused = (key: string) => sequenceIdIn(key) === refused;
  return [...keys.filter((key) => !isRefused(key)), ...keys.filter(isRefused)];
}

/** What a person can do about the refusal. */
export function remedyFor({ call, httpStatus }: Pick<Lockout, "call" | "httpStatus">): string {
  if (call === "token") {
    return "Give the app a managed identity, and check DEFENDER_TOKEN_SCOPE and DEFENDER_TENANT_ID.";
  }
  if (httpStatus === 401) return "Check DEFENDER_TOKEN_SCOPE and DEFENDER_CLOUD.";
  const role = call === "submit" ? "Machine.LiveResponse" : "Machine.ReadWrite.All";
  return `Grant the app's identity the application permission ${role} of WindowsDefenderATP.`;
}

function others({ lockouts }: Lockable, call: LockedCall): Lockout[] {
  return lockouts.filter((each) => each.call !== call);
}
