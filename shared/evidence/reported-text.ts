/** A text of bounded length, and whether there was more of it. */
export interface Excerpt {
  readonly text: string;
  readonly truncated: boolean;
}

const ESCAPE = 0x1b;
const REPLACEMENT = "\uFFFD";

/**
 * Escape sequences take characters that are not shown. So up to this many times the bound is read,
 * and no more.
 */
const READ_AHEAD = 4;

/**
 * The first `maxChars` UTF-16 units of a text that a machine reported, made harmless for a terminal
 * or a page. Escape sequences are dropped, other control characters become visible signs, and
 * characters that would turn the writing direction become U+FFFD. Line ends become `\n`; tabs stay.
 * It is not HTML-escaped; the writer of HTML has to do that.
 */
export function excerpt(reported: string, maxChars: number): Excerpt {
  const ahead = reported.slice(0, maxChars * READ_AHEAD);
  const shown = harmless(ahead);
  const truncated = shown.length > maxChars || ahead.length < reported.length;
  return { text: withoutHalf(shown.slice(0, maxChars)), truncated };
}

/** A name that a machine reported, on one line of at most `maxChars`. */
export function reportedName(reported: string, maxChars: number): string {
  return excerpt(reported, maxChars).text.replaceAll(/[\n\t]/g, " ");
}

function harmless(text: string): string {
  let shown = "";
  let at = 0;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    const after = code === ESCAPE ? afterEscape(text, at) : at;
    if (after > at) {
      at = after;
      continue;
    }
    const width = code > 0xffff ? 2 : 1;
    // A carriage return before a line feed belongs to the same line end.
    if (!(code === 0x0d && text.charCodeAt(at + 1) === 0x0a)) shown += sign(code);
    at += width;
  }
  return shown;
}

/** What is shown for a code point. */
function sign(code: number): string {
  if (code === 0x0a || code === 0x0d) return "\n";
  if (code === 0x09) return "\t";
  // The control pictures have the same order as the controls they show.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return isTreacherous(code) ? REPLACEMENT : String.fromCodePoint(code);
}

/**
 * C1 controls, direction marks and overrides, line and paragraph separators, and halves of
 * surrogate pairs.
 */
function isTreacherous(code: number): boolean {
  return (
    (code >= 0x80 && code <= 0x9f) ||
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    (code >= 0xd800 && code <= 0xdfff)
  );
}

/**
 * The end of the escape sequence at `start` (ECMA-48): control sequences end with a byte from @ to
 * ~, strings (OSC and similar) with BEL or ESC \. Returns `start` if the sequence is not complete;
 * its ESC is then shown as a sign.
 */
function afterEscape(text: string, start: number): number {
  const kind = text.charAt(start + 1);
  if (kind === "[") return afterControlSequence(text, start);
  return "]P^_X".includes(kind) && kind !== "" ? afterString(text, start) : start;
}

function afterControlSequence(text: string, start: number): number {
  let at = start + 2;
  while (at < text.length && text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) <= 0x3f) at += 1;
  const last = text.charCodeAt(at);
  return last >= 0x40 && last <= 0x7e ? at + 1 : start;
}

function afterString(text: string, start: number): number {
  for (let at = start + 2; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x07) return at + 1;
    if (code === ESCAPE) return text.charAt(at + 1) === "\\" ? at + 2 : start;
  }
  return start;
}

/** A cut may fall between the halves of a surrogate pair; the first half alone is no character. */
function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
}
