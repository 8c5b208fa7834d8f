import { hasFailedCommand, isFinal, type MachineAction } from "./machine-action.ts";
import { giveBack, moved } from "./moves.ts";
import { INTERRUPTED, cancelledBy, failure, timeOut } from "./outcome.ts";
import { allCompleted, isUntouched, observe, withOwed } from "./progress.ts";
import type { SequenceRecord } from "./sequence.ts";

/**
 * The time of the next try if the machine was offline; a machine that is online begins within the
 * patience.
 */
interface Offline {
  readonly parkUntilMs: number;
  readonly patienceMs: number;
}

/**
 * The action has ended: the sequence goes to its next part, waits again, or is over. After a
 * time-out, a failure after a long wait, or our own cancel of an offline machine it is parked, but
 * only if it is certain that no command ran.
 */
export function conclude(
  before: SequenceRecord,
  action: MachineAction,
  nowMs: number,
  { parkUntilMs, patienceMs }: Offline,
): SequenceRecord {
  if (!isFinal(action.status)) throw new Error(`${action.id} is ${action.status}, not final`);
  const record = observe(before, action);
  const untouched = isUntouched(record, action);
  // A cancel or a time limit can come too late: a completed command is done.
  const late = action.status !== "Failed" && allCompleted(record, action);
  if (late) return succeed(record, action, nowMs);
  const neverCame = untouched && isGivenUp(record, action, patienceMs);
  if (neverCame && nowMs < record.expiresAtMs) return parkOffline(record, nowMs, parkUntilMs);
  switch (action.status) {
    case "Succeeded": {
      // Then Defender says both, and not every command completed.
      if (!hasFailedCommand(action)) return succeed(record, action, nowMs);
      return finish(record, action, { state: "failed", outcome: failure(record) }, nowMs);
    }
    case "Failed":
      return finish(
        record,
        action,
        { state: "failed", outcome: neverCame ? timeOut(true) : failure(record) },
        nowMs,
      );
    case "TimeOut":
      return finish(record, action, { state: "timedOut", outcome: timeOut(untouched) }, nowMs);
    case "Cancelled":
      return concludeCancelled(record, action, nowMs, parkUntilMs);
  }
}

/** Which word Defender uses for it is not documented, so it is not always called a time-out. */
function isGivenUp(record: SequenceRecord, action: MachineAction, patienceMs: number): boolean {
  if (action.status !== "Failed") return action.status === "TimeOut";
  const fromMs = action.createdAtMs ?? record.submittedAtMs;
  const untilMs = action.updatedAtMs;
  return fromMs !== null && untilMs !== null && untilMs - fromMs > patienceMs;
}

function concludeCancelled(
  record: SequenceRecord,
  action: MachineAction,
  nowMs: number,
  parkUntilMs: number,
): SequenceRecord {
  const { cancel } = record;
  if (cancel === null || cancel.why === "asked") {
    const outcome = cancelledBy(cancel?.by ?? "somebody else, in Defender");
    return finish(record, action, { state: "cancelled", outcome }, nowMs);
  }
  if (!isUntouched(record, action)) {
    return finish(record, action, { state: "failed", outcome: INTERRUPTED }, nowMs);
  }
  if (cancel.why === "offline" && nowMs < record.expiresAtMs) {
    return parkOffline(record, nowMs, parkUntilMs);
  }
  const detail = "The machine did not come online before the sequence expired.";
  const outcome = { code: "expired", detail };
  return finish(record, action, { state: "expired", outcome }, nowMs);
}

function succeed(record: SequenceRecord, action: MachineAction, nowMs: number): SequenceRecord {
  const results = withOwed(record, action);
  if (record.part + 1 < record.parts.length) {
    const next = { ...record, results, part: record.part + 1, attempt: 0, attempts: 0, pass: 0 };
    return giveBack({ ...next, readyAtMs: Math.floor(nowMs) }, { kind: "ready" }, null);
  }
  return { ...moved(record, "succeeded"), results, endedAtMs: nowMs, outcome: null };
}

/** The end of a sequence, and what a person should know of it. */
interface End {
  readonly state: "failed" | "timedOut" | "cancelled" | "expired";
  readonly outcome: { readonly code: string; readonly detail: string };
}

function finish(
  record: SequenceRecord,
  action: MachineAction,
  { state, outcome }: End,
  nowMs: number,
): SequenceRecord {
  return {
    ...moved(record, state),
    results: withOwed(record, action),
    endedAtMs: nowMs,
    outcome,
  };
}

function parkOffline(record: SequenceRecord, nowMs: number, dueAtMs: number): SequenceRecord {
  const times = record.offlineTimes + 1;
  const reason = { code: "offline", sinceMs: nowMs, times } as const;
  return giveBack({ ...record, offlineTimes: times }, { kind: "later", dueAtMs }, reason);
}
