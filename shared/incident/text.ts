/**
 * Control characters, line and paragraph breaks, direction overrides and other unseen marks, half
 * pairs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u;
const UNSEEN_OR_SPACES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\s]+/gu;

/**
 * One line of visible text of at most `maxCharacters` UTF-16 units: what cannot be seen becomes a
 * space, runs of spaces become one, and what is cut off is marked by an ellipsis. Never throws,
 * never splits a pair.
 */
export function oneLine(text: string, maxCharacters: number): string {
  const line = text.replace(UNSEEN_OR_SPACES, " ").trim();
  if (line.length <= maxCharacters) return line;
  return `${line.slice(0, maxCharacters - 1).replace(/\p{Surrogate}$/u, "")}…`;
}

/** Whether `text` holds anything a reader would not see, line breaks included; spaces are seen. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text);
}
