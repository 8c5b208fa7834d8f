import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import { markOf } from "./door-judge.ts";
import type { Court } from "./invariants.ts";
import type { SweepPlan } from "./scenario.ts";

/** Whether what a sweep asks for leaves in the hours in which it may submit. */
export interface HoursJudge {
  /** A POST leaves, so many milliseconds after the start. */
  leaves(comment: string, sinceMs: number): void;
}

/**
 * The claim looks at the window by a clock that is up to `slackMs` off, and what it has claimed
 * leaves within the send fence.
 */
export function createHoursJudge(
  court: Court,
  hours: SweepPlan["hours"],
  { sendFenceMs }: Pick<Limits, "sendFenceMs">,
  {
    records,
    slackMs,
  }: {
    readonly records: () => ReadonlyMap<string, SequenceRecord>;
    readonly slackMs: number;
  },
): HoursJudge {
  const isOpen = (sinceMs: number): boolean =>
    hours?.some(([fromMs, untilMs]) => {
      return sinceMs >= fromMs - slackMs && sinceMs <= untilMs + sendFenceMs + slackMs;
    }) ?? true;
  return {
    leaves: (comment, sinceMs) => {
      const record = records().get(markOf(comment)?.sequenceId ?? "");
      if ((record?.sweep ?? null) === null || isOpen(sinceMs)) return;
      court.fail("hours", `${comment} left ${Math.round(sinceMs)} ms after the start`);
    },
  };
}
