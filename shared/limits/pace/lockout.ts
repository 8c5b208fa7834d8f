import { z } from "zod";
import { sequenceIdIn } from "../../ledger/row/keys.ts";
import { backOff, type Limits } from "./limits.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * What can be refused to us as such, whatever it is about: the access token, and four calls of
 * Defender's. The one a person has to mend first comes first.
 */
const LOCKED_CALLS = ["token", "submit", "list", "machines", "link"] as const;
export type LockedCall = (typeof LOCKED_CALLS)[number];

export const lockoutSchema = rowObject({
  call: z.enum(LOCKED_CALLS),
  sinceMs: fineInstant,
  /** Null if Defender was not even asked. */
  httpStatus: z.number().int().nullable(),
  /** Defender's own words, or the identity's, bounded. */
  detail: z.string(),
  /** Probes in a row that were refused. */
  times: z.number().int().positive(),
  /** When the next probe may go. */
  nextAtMs: fineInstant,
  /** Whose POST was refused last: the next probe is another's, if there is one. */
  sequenceId: z.string().nullable(),
});

/** Defender does not let us in: which call it refuses, since when, and in what words. */
export type Lockout = z.infer<typeof lockoutSchema>;

/** One refusal, as it came in at `atMs` at the latest. */
export interface Refusal extends Pick<Lockout, "call" | "httpStatus" | "detail"> {
  readonly sequenceId?: string;
  readonly atMs: number;
}

interface Lockable {
  readonly lockouts: readonly Lockout[];
}

const DETAIL_CHARACTERS = 500;
/** A probe that only asks waits 15 s at first and four minutes at most (POLL_SECONDS). */
const WAITS_MOST = 15;

/**
 * The budget with the refusal noted. One that comes before the next probe is due was under way with
 * the one before, and counts with it: then the budget is the same.
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

/** The budget after a probe whose answer tells nothing: the next one waits like after a refusal. */
export function probedInVain<B extends Lockable>(
  budget: B,
  { sequenceId, atMs }: { sequenceId: string; atMs: number },
  limits: Limits,
): B {
  const before = lockoutOf(budget, "submit");
  return before === null ? budget : lockedOutBy(budget, { ...before, sequenceId, atMs }, limits);
}

/**
 * The budget after the call was let through at `atMs`. A POST answered before the next probe was
 * due left before the refusal came, and says nothing of now.
 */
export function letIn<B extends Lockable>(budget: B, call: LockedCall, atMs: number): B {
  const before = lockoutOf(budget, call);
  if (before === null || (call === "submit" && atMs < before.nextAtMs)) return budget;
  return { ...budget, lockouts: others(budget, call) };
}

/** How this call is refused now; null if it is not. */
export function lockoutOf({ lockouts }: Lockable, call: LockedCall): Lockout | null {
  return lockouts.find((each) => each.call === call) ?? null;
}

/** The one reason for all who wait; null if we are let in. */
export function mainLockout(budget: Lockable): Lockout | null {
  return LOCKED_CALLS.map((call) => lockoutOf(budget, call)).find((each) => each !== null) ?? null;
}

/**
 * When the next probe may go that a drain makes; null if it is the poll's to make. Without a token
 * nothing can be asked, so its probe comes before all others.
 */
export function drainProbeAtMs(budget: Lockable): number | null {
  const token = lockoutOf(budget, "token");
  if (token !== null) return token.nextAtMs;
  const isBlind = budget.lockouts.some(({ call }) => call !== "submit");
  return isBlind ? null : (lockoutOf(budget, "submit")?.nextAtMs ?? null);
}

/**
 * Ready keys, those of another sequence than the one refused last first: what is refused of one
 * machine only keeps no others waiting.
 */
export function withProbeFirst(keys: readonly string[], budget: Lockable): readonly string[] {
  const refused = lockoutOf(budget, "submit")?.sequenceId;
  if (refused === undefined || refused === null) return keys;
  const isRefused = (key: string) => sequenceIdIn(key) === refused;
  return [...keys.filter((key) => !isRefused(key)), ...keys.filter(isRefused)];
}

/** What a person can do about it. */
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
