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
 * How many machines may be sent something in all so far: those of the first wave, until half of
 * them have succeeded, or a person lets the others go; then all.
 */
export function mayBeSent(
  { definition: { firstWave }, isWaveOver }: Pick<RoundRecord, "definition" | "isWaveOver">,
  { succeeded }: Ends,
): number {
  if (isWaveOver || firstWave === 0 || succeeded >= Math.ceil(firstWave / 2)) return Infinity;
  return firstWave;
}

/** Why a round is paused whose first wave is over without half of it succeeding. */
export function failedWave(
  { definition: { firstWave } }: Pick<RoundRecord, "definition">,
  { succeeded }: Ends,
): string {
  return `${succeeded} of the first ${firstWave} machines succeeded; the others wait for half of them.`;
}
