import type { Command } from "../../shared/plan/command/command.ts";
import type { Court } from "./invariants.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { DoorWitness } from "./tenant.ts";
import { endOf, hasRun, isOpen, type TenantAction } from "./tenant-action.ts";

/** What a mark says, read here by a pattern of its own. */
export interface Marked {
  readonly sequenceId: string;
  readonly part: number;
  readonly attempt: number;
}

/**
 * What is known of a sequence when its POST is judged: its commands, and its expiry in epoch
 * milliseconds.
 */
export interface Promised {
  readonly machineId: string;
  readonly parts: readonly (readonly Command[])[];
  readonly expiresAtMs: number;
}

export interface DoorJudge extends Omit<DoorWitness, "listed"> {
  /** A POST leaves a host. */
  leaves(comment: string | null, nowMs: number): void;
  /** Somebody asked for this sequence to be cancelled. */
  recalled(sequenceId: string, nowMs: number): void;
  /** A budget was written that is paused, or is not. */
  paused(since: number | null): void;
}

const MARK = /^\[lrq:([0-9a-z.]+)\.(\d+)\.(\d+)\](?:~[0-9a-f]+)? /;
/** Two monotonic clocks of 200 ppm apart, over the fence. */
const CLOCK_SLACK_MS = 5;

export function markOf(comment: string | null): Marked | null {
  const match = MARK.exec(comment ?? "");
  if (match === null) return null;
  return { sequenceId: match[1] ?? "", part: Number(match[2]), attempt: Number(match[3]) };
}

/**
 * Judges what happens at Defender's door by what Defender sees, and by what was promised to the
 * sender.
 */
export function createDoorJudge(
  court: Court,
  limits: Limits,
  promisedFor: (sequenceId: string) => Promised | null,
): DoorJudge {
  const arrivals: number[] = [];
  let pausedAtMs: number | null = null;
  const recalledAt = new Map<string, number>();
  const lastMs = (sinceMs: number) => sinceMs + limits.sendFenceMs + CLOCK_SLACK_MS;
  return {
    recalled: (sequenceId, nowMs) => {
      if (!recalledAt.has(sequenceId)) recalledAt.set(sequenceId, nowMs);
    },
    paused: (since) => {
      if (since === null || pausedAtMs === null) pausedAtMs = since;
    },
    leaves: (comment, nowMs) => {
      if (pausedAtMs !== null && nowMs > lastMs(pausedAtMs)) {
        court.fail("paused", `a POST left ${Math.round(nowMs - pausedAtMs)} ms after the pause`);
      }
      const mark = markOf(comment);
      const recalledAtMs = recalledAt.get(mark?.sequenceId ?? "") ?? null;
      if (recalledAtMs !== null && nowMs > lastMs(recalledAtMs)) {
        court.fail("recalled", `${comment} left ${Math.round(nowMs - recalledAtMs)} ms later`);
      }
      const promised = mark === null ? null : promisedFor(mark.sequenceId);
      if (promised === null) return court.fail("bytes", `a POST without a known mark: ${comment}`);
      const lateMs = nowMs - lastMs(promised.expiresAtMs);
      if (lateMs > 0) court.fail("expired", `${comment} left ${Math.round(lateMs)} ms late`);
    },
    arrived: (nowMs) => {
      arrivals.push(nowMs);
      const first = arrivals.at(-1 - limits.callsPerWindow);
      if (first === undefined || first <= nowMs - limits.windowMs) return;
      const detail = `${limits.callsPerWindow + 1} in ${Math.round(nowMs - first)} ms`;
      court.fail("window", detail);
    },
    created: (action, all, nowMs) => {
      const ours = all.filter((each) => each.ours);
      checkOnce(court, action, ours, { nowMs, limits });
      const open = ours.filter((each) => isOpen(each, nowMs) && !isHidden(each, nowMs, limits));
      if (open.length >= limits.maxSessions) {
        court.fail("sessions", `${action.comment} makes ${open.length + 1} open actions`);
      }
      const rival = open.find((each) => each.machineId === action.machineId);
      if (rival !== undefined) court.fail("machine", `${action.comment} beside ${rival.comment}`);
      checkBytes(court, action, promisedFor);
    },
    cancelled: (action, comment) => {
      if (!action.ours) court.fail("foreign", `${action.id} (${action.comment}): ${comment}`);
    },
  };
}

/** Nobody can know of it: no list shows it, for longer than the guard time and its POST took. */
function isHidden({ createdAtMs, listedAtMs }: TenantAction, nowMs: number, limits: Limits) {
  const leastMs = limits.guardMs - limits.sendFenceMs - limits.callTimeoutMs;
  return nowMs > createdAtMs + leastMs && nowMs < listedAtMs;
}

/** It may be done twice; that it is said is judged elsewhere. */
function wasHidden(action: TenantAction, limits: Limits): boolean {
  return isHidden(action, action.listedAtMs - 1, limits);
}

function checkOnce(
  court: Court,
  action: TenantAction,
  ours: readonly TenantAction[],
  { nowMs, limits }: { readonly nowMs: number; readonly limits: Limits },
): void {
  const mark = markOf(action.comment);
  for (const earlier of ours) {
    const other = markOf(earlier.comment);
    if (other?.sequenceId !== mark?.sequenceId || other?.part !== mark?.part) continue;
    // What Defender itself lost nobody can find; the ledger then ends the sequence or learns
    // nothing.
    if (nowMs >= earlier.vanishesAtMs) continue;
    if (other?.attempt !== mark?.attempt && wasHidden(earlier, limits)) continue;
    const over = endOf(earlier).atMs <= nowMs && !hasRun(earlier, nowMs);
    if (!over || other?.attempt === mark?.attempt) {
      court.fail("once", `${action.comment} after ${earlier.comment}`);
    }
  }
}

function checkBytes(
  court: Court,
  action: TenantAction,
  promisedFor: (sequenceId: string) => Promised | null,
): void {
  const mark = markOf(action.comment);
  const promised = mark === null ? null : promisedFor(mark.sequenceId);
  const wanted = promised?.parts[mark?.part ?? -1];
  const same =
    promised?.machineId === action.machineId &&
    JSON.stringify(wanted) === JSON.stringify(action.commands);
  if (!same) court.fail("bytes", `${action.comment} brought ${JSON.stringify(action.commands)}`);
}
