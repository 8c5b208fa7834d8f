import {
  endedAs,
  endedIn,
  failedIn,
  REACHED,
  type RoundCounts,
  type RoundRecord,
} from "./round.ts";

/** What has ended in a round, with what its runs say that are not counted yet. */
export interface Ends {
  readonly ended: number;
  readonly failed: number;
  readonly succeeded: number;
}

export function endsOf(counts: RoundCounts): Ends {
  return {
    ended: endedIn(counts),
    failed: failedIn(counts),
    succeeded: endedAs(counts, REACHED),
  };
}

/** Why a round has to be paused, because too many of its machines failed; null if it has not. */
export function tooManyFailures(
  { definition, forgiven }: Pick<RoundRecord, "definition" | "forgiven">,
  ends: Ends,
): string | null {
  const { failedShare, of } = definition.pauseAfter;
  const failed = ends.failed - forgiven.failed;
  const judged = failed + ends.succeeded - (forgiven.ended - forgiven.failed);
  if (judged < of || failed <= failedShare * judged) return null;
  return `${failed} of the last ${judged} machines failed; the definition allows ${failedShare} of them.`;
}

/**
 * How many machines may be sent in all so far: those of the first wave, until half of them have
 * succeeded; then all.
 */
export function mayBeSent(
  { definition: { firstWave } }: Pick<RoundRecord, "definition">,
  { succeeded }: Ends,
): number {
  if (firstWave === 0 || succeeded >= Math.ceil(firstWave / 2)) return Infinity;
  return firstWave;
}
