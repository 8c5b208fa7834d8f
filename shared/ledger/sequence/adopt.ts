import { withGivenUp } from "./given-up.ts";
import { submit } from "./moves.ts";
import type { SequenceRecord } from "./sequence.ts";

/**
 * The record after an action of an attempt that was given up has appeared while the sequence has no
 * other. The sequence takes it as its own, and the record is at that attempt. If the answer to
 * another attempt is still awaited, that attempt is given up.
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
