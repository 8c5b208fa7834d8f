import type { AuditFacts } from "../../evidence/audit.ts";
import { factOfSweep } from "../../store/change-sweep.ts";
import { decideDue, dueInWords, type DueTimes } from "../../sweep/due.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";

/** Who drops due times, or null for the schedule; and when, in epoch milliseconds. */
interface Dropping {
  readonly by: string | null;
  readonly atMs: number;
}

/** What the log of a sweep says of due times for which no round starts. */
export function droppedFact(due: DueTimes, why: string, dropping: Dropping): AuditFacts {
  const detail = `${dueInWords(due)}, and ${why}`;
  return factOfSweep("roundSkipped", { ...dropping, detail });
}

/**
 * The same for whoever ends the wait of all that is due and undecided: one line, or none if nothing
 * is. Whoever stages it also writes that these due times are decided.
 */
export function undecidedFacts(
  { definition, decidedAtMs }: Pick<SweepRecord, "definition" | "decidedAtMs">,
  why: string,
  dropping: Dropping,
): AuditFacts[] {
  const due = decideDue(definition, decidedAtMs, dropping.atMs);
  return due === null ? [] : [droppedFact(due, why, dropping)];
}
