import { scriptFailed } from "../../shared/ledger/sequence/progress.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";

/** Judges what is run again, and by what. */
export interface RetryJudge {
  /** A record was written over another. */
  written(before: SequenceRecord | null, after: SequenceRecord): void;
  /** Somebody asked to retry `asked`, and was told of this one. */
  told(asked: SequenceRecord, sequenceId: string): void;
  /** Somebody asked to retry `asked`, and was told that it cannot be. */
  refused(asked: SequenceRecord): void;
}

/** True for one that has ended and left something to be done. */
export function isRetryable({ state, results }: SequenceRecord): boolean {
  if (["waiting", "claimed", "unconfirmed", "submitted"].includes(state)) return false;
  return state !== "succeeded" || results.some((each) => scriptFailed(each) === true);
}

export function createRetryJudge(
  court: Court,
  records: () => ReadonlyMap<string, SequenceRecord>,
): RetryJudge {
  const retryOf = new Map<string, string>();
  return {
    written: (before, { sequenceId, retry, ...after }) => {
      const link = linkOf(retry);
      if (before !== null) {
        if (linkOf(before.retry) !== link)
          court.fail("retried", `${sequenceId} says now that it retries ${link}`);
        return;
      }
      if (retry === null) return;
      const first = records().get(retry.of);
      const fail = (why: string) => court.fail("retried", `${sequenceId} retries ${link}: ${why}`);
      if (first === undefined) return fail("that is not there");
      if (!isRetryable(first)) fail(`that is ${first.state}`);
      if (planOf(first) !== planOf(after)) fail("that does something else");
      if (retry.number !== (first.retry?.number ?? 0) + 1) fail("that is not the one before");
      const other = retryOf.get(retry.of) ?? sequenceId;
      if (other !== sequenceId) fail(`so does ${other}`);
      retryOf.set(retry.of, sequenceId);
    },
    told: (asked, sequenceId) => {
      const told = records().get(sequenceId);
      if (told !== undefined && told.retry !== null && planOf(told) === planOf(asked)) return;
      court.fail("retried", `whoever retries ${asked.sequenceId} is told of ${sequenceId}`);
    },
    refused: (asked) => {
      if (!isRetryable(asked) || retryOf.has(asked.sequenceId)) return;
      court.fail("retried", `${asked.sequenceId} is ${asked.state}, and is not run again`);
    },
  };
}

type Planned = Pick<SequenceRecord, "runId" | "machineId" | "profile" | "parameters" | "parts">;

function linkOf(retry: SequenceRecord["retry"]): string {
  return retry === null ? "nothing" : `${retry.of} as number ${retry.number}`;
}

function planOf({ runId, machineId, profile, parameters, parts }: Planned): string {
  const { name, version, hash } = profile;
  const plan = [runId, machineId, name, version, hash, parameters, parts];
  // Another version of the app may have added fields to any object.
  return JSON.stringify(plan, (key, value: unknown) => (key === "newer" ? undefined : value));
}
