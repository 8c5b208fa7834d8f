import { currentCommands, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { lockedOut, type SubmissionAnswer } from "../../ledger/sequence/submission.ts";
import { claimOf } from "../../ledger/sequence/claims.ts";
import { commentFor, markOf } from "../../ledger/sequence/mark.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";
import type { Claimed } from "./claim.ts";
import type { Answered } from "./record-after.ts";
import { settle } from "./record-answers.ts";

export type SubmitPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** The results of the POSTs. */
export interface Submitted {
  /** How many Defender accepted. */
  readonly accepted: number;
  /** True if it refused the app itself, for any machine. */
  readonly lockedOut: boolean;
  /** True if nothing went back into the queue at once. */
  readonly settled: boolean;
}

/**
 * Posts what was claimed, all at once, and records the answers. Throws only if storage is out of
 * reach.
 */
export async function submitClaimed(
  ports: SubmitPorts,
  limits: Limits,
  claimed: Extract<Claimed, { kind: "claimed" }>,
): Promise<Submitted> {
  const answered = await Promise.all(
    claimed.sequences.map(async (each): Promise<Answered> => {
      const answer = await post(ports, limits, each.value, claimed.begunAtMs);
      return { claimed: each, answer, latestMs: ports.clock.latest() };
    }),
  );
  await settle(ports, limits, answered);
  const came = answered.map((each) => each.answer.kind);
  return {
    accepted: came.filter((kind) => kind === "accepted").length,
    lockedOut: answered.some((each) => lockedOut(each.answer) !== null),
    settled: !came.some((kind) => kind === "throttled" || kind === "notSent"),
  };
}

/**
 * One POST, unless the fence closes before it can leave: after a long stall the claim may already
 * be given up, the sequence cancelled, or the queue paused.
 */
async function post(
  { defender, clock, log }: SubmitPorts,
  limits: Limits,
  record: SequenceRecord,
  begunAtMs: number,
): Promise<SubmissionAnswer> {
  const { sequenceId, machineId, attempt, profile, runId } = record;
  const sinceMs = () => clock.monotonicMs() - begunAtMs;
  const nonce = claimOf(record, record)?.nonce ?? null;
  const forPeople = `${profile.name}@${profile.version} for run ${runId}`;
  const answer = await defender.submit(
    machineId,
    currentCommands(record),
    commentFor(markOf(record), nonce, forPeople),
    () => limits.sendFenceMs - sinceMs(),
  );
  if (answer.kind === "notSent") {
    const { detail } = answer;
    log("warn", "notSent", {
      sequenceId,
      machineId,
      attempt,
      sinceMs: Math.round(sinceMs()),
      detail,
    });
  } else if (answer.kind === "unknown") {
    const { detail } = answer;
    log("warn", "unanswered", { sequenceId, machineId, attempt, detail });
  } else {
    log("info", "submitted", { sequenceId, machineId, attempt, came: answer.kind });
  }
  return answer;
}
