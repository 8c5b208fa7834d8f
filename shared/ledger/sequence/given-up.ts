import type { SequenceRecord } from "./sequence.ts";
import type { Mark } from "./mark.ts";

/** The attempts given up, with its present one if the answer to that was still awaited. */
export function withGivenUp(record: SequenceRecord): SequenceRecord {
  if (record.state !== "unconfirmed") return record;
  const { givenUp, part, attempt } = record;
  return { ...record, givenUp: [...givenUp, { part, attempt }] };
}

/** True if the attempt was given up, so that its action may still appear. */
export function isGivenUp({ givenUp }: SequenceRecord, { part, attempt }: Mark): boolean {
  return givenUp.some((each) => each.part === part && each.attempt === attempt);
}
