import { giveBack } from "../../ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { busyWaitMs, type Limits } from "./limits.ts";

/** Waits in the line for a later try, because somebody else's session holds the machine. */
export function waitWhileBusy(
  record: SequenceRecord,
  nowMs: number,
  limits: Limits,
): SequenceRecord {
  const times = record.busyTimes + 1;
  const dueAtMs = nowMs + busyWaitMs(times, limits);
  const reason = { code: "machineBusy", sinceMs: nowMs, times } as const;
  return giveBack({ ...record, busyTimes: times }, { kind: "later", dueAtMs }, reason);
}
