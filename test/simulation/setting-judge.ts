import type { Epoch } from "./hosts.ts";
import type { Court } from "./invariants.ts";

/** Knows since when the setting holds everything, and looks at what leaves all the same. */
export interface SettingJudge {
  /** A host with the setting has paused the ledger, or found it paused. */
  held(): void;
  /** Somebody asks a host without the setting to go on; it can do so at any time from now on. */
  resumeAsked(): void;
  /** A POST leaves that host. */
  leaves(comment: string, epoch: Epoch): void;
}

export function createSettingJudge(
  court: Court,
  graceMs: number,
  nowMs: () => number,
): SettingJudge {
  let heldAtMs = Infinity;
  let isResumeAsked = false;
  return {
    held: () => void (heldAtMs = Math.min(heldAtMs, nowMs())),
    resumeAsked: () => void (isResumeAsked = true),
    leaves: (comment, { hostId, isPaused }) => {
      if (isPaused) court.fail("startsPaused", `${comment} left ${hostId}, which has PAUSED`);
      if (isResumeAsked || nowMs() <= heldAtMs + graceMs) return;
      court.fail("startsPaused", `${comment} left before anybody asked to resume`);
    },
  };
}
