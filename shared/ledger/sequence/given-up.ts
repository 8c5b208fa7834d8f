import type { SequenceRecord } from "./sequence.ts";
import type { Mark } from "./mark.ts";

/** Its attempt among those given up, if its answer is the one that was waited for. */
export function withGivenUp(record: SequenceRecord): SequenceRecord {
  if (record.state !== "unconfirmed") return record;
  const { givenUp, part, attempt } = record;
  return { ...record, givenUp: [...givenUp, { part, attempt }] };
}

/** True if the attempt was given up, so that an action of it may come to light. */
export function isGivenUp({ givenUp }: SequenceRecord, { part, attempt }: Mark): boolean {
  return givenUp.some((each) => each.part === part && each.attempt === attempt);
}
