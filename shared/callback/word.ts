/**
 * Most characters shown of a name or code from outside: as many as a DNS name has (RFC 1035,
 * 2.3.4).
 */
const WORD_CHARACTERS_MAX = 255;

/** What is left of a text from outside: no markup and no link anywhere. */
export function word(text: string): string {
  return text.slice(0, WORD_CHARACTERS_MAX).replaceAll(/[^A-Za-z0-9._-]/g, "?");
}
