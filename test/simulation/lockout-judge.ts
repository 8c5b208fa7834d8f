import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";
import { isBarred, type Scenario } from "./scenario.ts";

/** Judges what is started while Defender does not let us in, by what Defender sees and refuses. */
export interface LockoutJudge {
  /** A POST of ours is at the door. */
  arrived(nowMs: number): void;
  /** A host has heard that its POST was refused like all others; of a lost answer nobody knows. */
  refused(nowMs: number): void;
  listed(nowMs: number): void;
  moved(before: SequenceRecord | null, after: SequenceRecord, nowMs: number): void;
  /** A budget was written, with POSTs refused or not. */
  locked(isLocked: boolean, nowMs: number): void;
}

/** A POST claimed before the refusal was written down arrives so much later at most. */
const UNDER_WAY_MS = 40_000;
/** Somebody has written a refusal down by then, whoever died or stood still. */
const NOTED_MS = 300_000;
/** Probes are a minute apart at least; one of them may have been slow on the way. */
const PROBE_SLACK_MS = 20_000;
const HOLDING = new Set(["claimed", "unconfirmed", "submitted"]);

export function createLockoutJudge(
  court: Court,
  scenario: Scenario,
  startMs: number,
): LockoutJudge {
  const { callsPerWindow, busyRetryMs } = scenario.limits;
  const startedAt = new Map<string, number>();
  let listedAtMs: number | null = null;
  let lockedAtMs: number | null = null;
  let firstAtMs: number | null = null;
  let lastAtMs: number | null = null;
  return {
    listed: (nowMs) => {
      listedAtMs = nowMs;
    },
    moved: (before, after, nowMs) => {
      const { sequenceId, state } = after;
      if (!HOLDING.has(state)) startedAt.delete(sequenceId);
      if (state !== "claimed" || before?.state === "claimed") return;
      startedAt.set(sequenceId, nowMs);
      const unseen = [...startedAt.values()].filter((atMs) => atMs > (listedAtMs ?? 0)).length;
      const most = listedAtMs === null ? 1 : callsPerWindow;
      if (unseen > most) court.fail("watched", `${sequenceId} makes ${unseen} that no list showed`);
    },
    locked: (isLocked, nowMs) => {
      lockedAtMs = isLocked ? (lockedAtMs ?? nowMs) : null;
    },
    refused: (nowMs) => {
      firstAtMs ??= nowMs;
    },
    arrived: (nowMs) => {
      if (!isBarred(scenario, "submit", nowMs - startMs)) {
        [firstAtMs, lastAtMs] = [null, null];
        return;
      }
      const isNoted = lockedAtMs !== null && nowMs > lockedAtMs + UNDER_WAY_MS;
      if (lockedAtMs === null && nowMs > (firstAtMs ?? nowMs) + NOTED_MS) {
        court.fail("probed", "POSTs are refused, and nobody has written it down");
      }
      if (!isNoted) return;
      const gapMs = lastAtMs === null ? Infinity : nowMs - lastAtMs;
      if (gapMs < busyRetryMs - PROBE_SLACK_MS) {
        court.fail("probed", `a POST ${Math.round(gapMs)} ms after the last, all of them refused`);
      }
      lastAtMs = nowMs;
    },
  };
}
