import type { Caller } from "../../access/caller.ts";
import { driftIn } from "../../limits/library/note.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { PoisonQueues } from "../../ports.ts";
import { attention, type Attention } from "./attention.ts";
import { describeLockout, lockoutInWords } from "./describe-lockout.ts";

/** While work is open, a list comes every few seconds. */
const LIST_LATE_MS = 900_000;
/** The others are only counted. */
const NAMED = 3;

/** What stops or slows everything, the worst first; it follows from the budget. */
export function attentionOfQueue(
  budget: Budget,
  library: LibraryRules | null,
  nowMs: number,
): { readonly stops: Attention[]; readonly slows: Attention[] } {
  const stops = [
    ...pauseIn(budget),
    ...lockoutIn(budget),
    ...listLateIn(budget, nowMs),
    ...(library === null ? [] : driftOf(budget, library)),
  ];
  return { stops, slows: doorIn(budget, nowMs) };
}

function pauseIn({ paused }: Budget): Attention[] {
  if (paused === null) return [];
  const detail = `${paused.by} paused it: ${paused.why}`;
  return [attention("paused", { detail, sinceMs: paused.atMs })];
}

function lockoutIn(budget: Budget): Attention[] {
  const lockout = describeLockout(budget);
  if (lockout === null) return [];
  const times = { sinceMs: Date.parse(lockout.since), untilMs: Date.parse(lockout.nextTryAt) };
  return [attention("lockedOut", { detail: lockoutInWords(lockout), ...times })];
}

function listLateIn({ sessions, listedAtMs }: Budget, nowMs: number): Attention[] {
  if (sessions.length === 0 || listedAtMs === 0 || nowMs - listedAtMs < LIST_LATE_MS) return [];
  const detail = `${sessions.length} actions are open, and nobody sees how far they are`;
  return [attention("noList", { detail, sinceMs: listedAtMs, count: sessions.length })];
}

function driftOf({ library }: Budget, rules: LibraryRules): Attention[] {
  const trouble = library?.trouble ?? null;
  const unknown =
    trouble === null
      ? []
      : [attention("libraryUnknown", { detail: trouble.detail, sinceMs: trouble.sinceMs })];
  const drifted = driftIn(library, rules.pins);
  if (drifted.length === 0) return unknown;
  const sinceMs = Math.min(...drifted.map((each) => each.sinceMs));
  const detail = named(drifted.map(({ name }) => name));
  return [...unknown, attention("libraryDrift", { detail, sinceMs, count: drifted.length })];
}

function doorIn({ door }: Budget, nowMs: number): Attention[] {
  if (door.closedUntilMs <= nowMs) return [];
  const detail =
    door.closedBy === "throttled"
      ? "Defender answered 429; nothing is submitted until then"
      : "no connection to Defender was ready in time; nothing is submitted until then";
  return [attention(door.closedBy, { detail, untilMs: door.closedUntilMs })];
}

/** Rows name runs, so only a caller who reaches the runs of every team sees which they are. */
export function attentionOfRows({ setAside }: Budget, { all }: Caller): Attention[] {
  if (setAside.length === 0) return [];
  const sinceMs = Math.min(...setAside.map((each) => each.sinceMs));
  const detail = all ? named(setAside.map(({ key, why }) => `${key}: ${why}`)) : "";
  return [attention("rowSetAside", { detail, sinceMs, count: setAside.length })];
}

/** Messages that the host has given up; the work itself is in the ledger. */
export function attentionOfPoison(poison: Awaited<ReturnType<PoisonQueues["count"]>>): Attention[] {
  if (poison === null || poison.length === 0) return [];
  const detail = poison.map(({ queue, count }) => `${count} in ${queue}`).join(", ");
  const count = poison.reduce((sum, each) => sum + each.count, 0);
  return [attention("poison", { detail, count })];
}

function named(all: readonly string[]): string {
  const more = all.length > NAMED ? [`and ${all.length - NAMED} more`] : [];
  return [...all.slice(0, NAMED), ...more].join("; ");
}
