import { withGivenUp } from "./given-up.ts";
import { submit } from "./moves.ts";
import type { SequenceRecord } from "./sequence.ts";

/**
 * An action of an attempt that was given up has turned up while the sequence has no other: it is
 * its own, and the record stands at that attempt. One whose answer is still awaited is given up.
 */
export function adopt(
  record: SequenceRecord,
  { actionId, ...found }: { actionId: string; attempt: number; claimedAtMs: number },
  nowMs: number,
): SequenceRecord {
  const attempts = Math.max(record.attempt, record.attempts);
  const before = { ...withGivenUp(record), ...found, attempts, actionStatus: null };
  return submit(before, actionId, nowMs);
}
