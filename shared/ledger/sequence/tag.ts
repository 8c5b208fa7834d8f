/**
 * The tag at the head of every Comment we send: it says which sequence, part and attempt an action
 * is. Defender echoes it as `requestorComment`, and the POST has no idempotency key, so this is how
 * we know our own.
 */
export interface Tag {
  readonly sequenceId: string;
  readonly part: number;
  readonly attempt: number;
}

const TAG = /^\[lrq:([0-9a-z]{20}\.[0-9a-z]{12})\.(\d{1,4})\.(\d{1,6})\]/;

/**
 * The Comment of a POST: the tag, then what a person in the portal wants to know, at most 300
 * characters in all.
 */
export function commentFor(tag: Tag, forPeople: string): string {
  const head = `[lrq:${tag.sequenceId}.${tag.part}.${tag.attempt}]`;
  return `${head} ${forPeople}`.slice(0, 300).trimEnd();
}

/** The tag in a comment, or null if it is not one of ours. */
export function tagIn(comment: string | null): Tag | null {
  const match = comment === null ? null : TAG.exec(comment);
  if (match === null) return null;
  const [, sequenceId = "", part = "", attempt = ""] = match;
  return { sequenceId, part: Number(part), attempt: Number(attempt) };
}

export function sameTag(a: Tag | null, b: Tag): boolean {
  return a?.sequenceId === b.sequenceId && a.part === b.part && a.attempt === b.attempt;
}

/** The tag of the POST a record stands at. */
export function tagOf(record: Tag): Tag {
  return { sequenceId: record.sequenceId, part: record.part, attempt: record.attempt };
}
