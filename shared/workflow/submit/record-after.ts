import { end, giveBack, loseAnswer, submit, submitUnmarked } from "../../ledger/sequence/moves.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { lockedOut, type SubmissionAnswer } from "../../ledger/sequence/submission.ts";
import { isPresent } from "../../limits/judge/judge-owner.ts";
import { waitWhileBusy } from "../../limits/pace/busy.ts";
import type { Limits } from "../../limits/pace/limits.ts";

/** A claimed sequence, the result of its POST, and the latest possible time of the answer. */
export interface Answered {
  readonly claimed: Stored<SequenceRecord>;
  readonly answer: SubmissionAnswer;
  readonly latestMs: number;
}

/** The sequence after the answer to its POST. */
export function recordAfter(
  { claimed, answer, latestMs }: Answered,
  limits: Limits,
): SequenceRecord {
  const record = claimed.value;
  // The reason concerns all sequences, so it is in the budget, and the sequence keeps its place.
  if (lockedOut(answer) !== null) return giveBack(record, { kind: "ready" }, null);
  switch (answer.kind) {
    case "accepted":
      return accept(record, answer, latestMs, limits);
    case "machineBusy":
      return waitWhileBusy(record, latestMs, limits);
    case "throttled":
    case "notSent":
      return giveBack(record, { kind: "ready" }, null);
    case "unauthorized":
    case "refused": {
      const code = answer.kind === "refused" ? answer.code : answer.kind;
      const outcome = { code, detail: answer.detail.slice(0, 1_000) };
      return end(record, "refused", outcome, latestMs);
    }
    case "unknown":
      return loseAnswer(record, answer.detail);
  }
}

const UNSAID = { requestor: null, machineId: null, createdAtMs: null, commands: [] } as const;

/**
 * A 201 can carry an action that was there before. Another mark or nonce proves that; a missing
 * mark proves nothing. Of all else the answer says nothing that counts.
 */
function accept(
  record: SequenceRecord,
  { actionId, comment }: Extract<SubmissionAnswer, { kind: "accepted" }>,
  latestMs: number,
  limits: Limits,
): SequenceRecord {
  if (comment === null) return submitUnmarked(record, actionId, latestMs);
  const action = { ...UNSAID, id: actionId, comment };
  const isOurs = isPresent(record, action, { requestors: [], limits });
  return isOurs ? submit(record, actionId, latestMs) : waitWhileBusy(record, latestMs, limits);
}
