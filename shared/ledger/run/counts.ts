import type { SequenceRecord, SequenceState } from "../sequence/sequence.ts";

/** Sequences by state; they add up to `total`. */
export type StateCounts = Readonly<Record<SequenceState, number>> & { readonly total: number };

/** Sequences by state, every state included, and all of them. */
export function countsOf(records: readonly SequenceRecord[]): StateCounts {
  const of = (state: SequenceState) => records.filter((each) => each.state === state).length;
  return {
    total: records.length,
    waiting: of("waiting"),
    claimed: of("claimed"),
    unconfirmed: of("unconfirmed"),
    submitted: of("submitted"),
    succeeded: of("succeeded"),
    failed: of("failed"),
    timedOut: of("timedOut"),
    cancelled: of("cancelled"),
    expired: of("expired"),
    refused: of("refused"),
  };
}
