import { giveBack } from "../../ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { busyWaitMs, type Limits } from "./limits.ts";

/**
 * Back into the line, after a POST that Defender did not answer and whose action no list has shown:
 * the first time at once. Later waits get longer, because a gateway may be in the way for hours.
 */
export function tryAgain(record: SequenceRecord, nowMs: number, limits: Limits): SequenceRecord {
  const before = (record.unanswered?.times ?? 1) - 1;
  if (before <= 0) return giveBack(record, { kind: "ready" }, null);
  const dueAtMs = nowMs + busyWaitMs(before, limits);
  return giveBack(record, { kind: "later", dueAtMs }, null);
}
