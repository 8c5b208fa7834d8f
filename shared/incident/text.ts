/**
 * Control characters, line and paragraph breaks, direction overrides and other invisible marks, and
 * halves of surrogate pairs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u;
/** What may be invisible beside them, such as a variation selector, and every space but U+0020. */
const HARD_TO_SEE = /\p{Default_Ignorable_Code_Point}|[^\S ]/u;
const UNSEEN_OR_SPACES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\s]+/gu;

/**
 * One line of visible text of at most `maxCharacters` UTF-16 units. Invisible characters become
 * spaces, several spaces become one, and an ellipsis marks a cut. Never throws, never splits a
 * surrogate pair.
 */
export function oneLine(text: string, maxCharacters: number): string {
  const line = text.replace(UNSEEN_OR_SPACES, " ").trim();
  if (line.length <= maxCharacters) return line;
  return `${line.slice(0, maxCharacters - 1).replace(/\p{Surrogate}$/u, "")}…`;
}

/**
 * Whether `text` has characters that a reader would not see. Line breaks are among them, spaces are
 * not.
 */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text);
}

/**
 * Whether a reader sees what `text` is: it has no invisible character, and no space but the common
 * one.
 */
export function isPlain(text: string): boolean {
  return !hasUnseen(text) && !HARD_TO_SEE.test(text);
}
