import { isFor } from "../access/machine-scope.ts";
import { unreadMember } from "../access/unread-member.ts";
import { ours } from "../incident/platform.ts";
import type { MachineFacts } from "../plan/machine-facts.ts";
import type { Machine } from "../ports.ts";
import type { Definition, MachineRule } from "./definition.ts";
import { msOf } from "./duration.ts";
import type { Swept } from "./target.ts";

/**
 * True if the sweep asks for this machine, by what Defender says of it. `queried` are the machines
 * that the definition's query has named; null if it has none. A machine that was merged or is not
 * onboarded is never asked for, because nothing can be started on it. Nor is one of which Defender
 * does not say readably what a rule of `exclude` asks: it may be what that rule is meant for.
 */
export function isTarget(
  machine: Machine,
  { include, exclude = [] }: Definition["targets"],
  queried: ReadonlySet<string> | null,
  nowMs: number,
): boolean {
  if (!machine.onboarded || machine.mergedInto !== null) return false;
  if (queried !== null && !queried.has(machine.machineId)) return false;
  if (unreadMember(exclude, saidOf(machine)) !== null) return false;
  const fits = (rule: MachineRule) => fitsMachine(rule, machine, nowMs);
  return (include === undefined || include.some(fits)) && !exclude.some(fits);
}

function fitsMachine(
  { health, seenWithin, ...rule }: MachineRule,
  machine: Machine,
  nowMs: number,
): boolean {
  const { machineId, lastSeenAtMs } = machine;
  if (health !== undefined && !health.includes(machine.health ?? "")) return false;
  const isSeen = seenWithin === undefined || (lastSeenAtMs ?? 0) >= nowMs - msOf(seenWithin);
  return isSeen && isFor(rule, machineId, saidOf(machine));
}

function saidOf({ name, tags, group, platform }: Machine): MachineFacts {
  return { name, platform: ours(platform), tags, group };
}

/**
 * Machines that have reported within this time are sent something now; the others are held until
 * they report. Defender renews `lastSeen` with each full report, every 24 hours (machine page). A
 * shorter time would hold machines that are there.
 */
const SEEN_MS = 36 * 3_600_000;

/** True if it makes sense to send the machine something now: it is there, and onboarded. */
export function isAwake(
  {
    lastSeenAtMs,
    onboarded,
    mergedInto,
  }: Pick<Machine, "lastSeenAtMs" | "onboarded" | "mergedInto">,
  nowMs: number,
): boolean {
  if (!onboarded || mergedInto !== null) return false;
  return lastSeenAtMs !== null && lastSeenAtMs >= nowMs - SEEN_MS;
}

/**
 * Who was reached since then is not asked now, by `notCollectedWithin`; null if that leaves out
 * nobody. Milliseconds.
 */
export function reachedSinceMs({ targets }: Pick<Definition, "targets">, nowMs: number) {
  const { notCollectedWithin } = targets;
  return notCollectedWithin === undefined ? null : nowMs - msOf(notCollectedWithin);
}

/** True if the sweep has reached the machine since then; false if that is null. */
export function wasReachedSince({ reached }: Pick<Swept, "reached">, sinceMs: number | null) {
  return sinceMs !== null && reached !== null && reached.atMs >= sinceMs;
}
