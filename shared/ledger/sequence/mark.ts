/**
 * The mark at the beginning of every Comment we send. It says which sequence, part and attempt an
 * action belongs to. Defender returns it as `requestorComment`. The POST has no idempotency key, so
 * nothing else leads from an action to its sequence. Anybody can write a mark, so it proves
 * nothing: `ownerOf` says whose an action is.
 */
export interface Mark {
  readonly sequenceId: string;
  readonly part: number;
  readonly attempt: number;
}

const MARK = /^\[lrq:([0-9a-z]{20}\.[0-9a-z]{12})\.(\d{1,4})\.(\d{1,6})\](?:~([0-9a-z]+))?/;

/**
 * The Comment of a POST: the mark, the nonce of its claim, then text for a person in the portal, at
 * most 300 characters in all. Versions of the app without nonces read the mark in it, too.
 */
export function commentFor(mark: Mark, nonce: string | null, forPeople: string): string {
  const head = `[lrq:${mark.sequenceId}.${mark.part}.${mark.attempt}]`;
  const tail = nonce === null ? "" : `~${nonce}`;
  return `${head}${tail} ${forPeople}`.slice(0, 300).trimEnd();
}

/** The mark in a comment, or null if it is not one of ours. */
export function markIn(comment: string | null): Mark | null {
  const match = comment === null ? null : MARK.exec(comment);
  if (match === null) return null;
  const [, sequenceId = "", part = "", attempt = ""] = match;
  return { sequenceId, part: Number(part), attempt: Number(attempt) };
}

/** The nonce behind the mark of a comment; null if there is none. */
export function nonceIn(comment: string | null): string | null {
  return (comment === null ? null : MARK.exec(comment))?.[4] ?? null;
}

export function sameMark(a: Mark | null, b: Mark): boolean {
  return a?.sequenceId === b.sequenceId && a.part === b.part && a.attempt === b.attempt;
}

/** The mark of the POST that a record is at. */
export function markOf(record: Mark): Mark {
  return { sequenceId: record.sequenceId, part: record.part, attempt: record.attempt };
}
