import type { Paint, Tone } from "./colours.ts";

/** A piece of a line; its text has no escape sequences and no line ends. */
interface Span {
  readonly tone: Tone;
  readonly text: string;
}

/** One line of a terminal. */
export type Line = readonly Span[];

const ELLIPSIS = "…";
const EMOJI = /\p{Extended_Pictographic}/u;
/** Code points two columns wide (Unicode UAX 11), in the blocks that names are made of. */
const WIDE = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
] as const;
const ZERO = /[\p{M}\u200b-\u200d]/u;

/** Columns a text takes in a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += charColumns(char);
  return columns;
}

/** The text in at most `columns` columns; what is cut off leaves an ellipsis. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let left = columns - 1;
  for (const char of text) {
    left -= charColumns(char);
    if (left < 0) break;
    kept += char;
  }
  return `${kept}${ELLIPSIS}`;
}

/**
 * The text in exactly `columns` columns, cut or filled up with blanks behind it or, `end`, before
 * it.
 */
export function fit(text: string, columns: number, align: "start" | "end" = "start"): string {
  const shown = cut(text, columns);
  const blanks = " ".repeat(Math.max(0, columns - columnsOf(shown)));
  return align === "start" ? `${shown}${blanks}` : `${blanks}${shown}`;
}

/** A line in at most `columns` columns, painted, without blanks at its end. */
export function renderLine(line: Line, columns: number, paint: Paint): string {
  const width = columnsOf(
    line
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
  let left = columns;
  let shown = "";
  for (const { tone, text } of line) {
    // The span that does not fit ends in the ellipsis, and those behind it are not shown at all.
    const isLast = width > columns && columnsOf(text) >= left;
    const part = isLast ? cut(`${text} `, left) : text;
    shown += paint(tone, part);
    if (isLast) break;
    left -= columnsOf(text);
  }
  return shown.trimEnd();
}

function charColumns(char: string): number {
  if (ZERO.test(char)) return 0;
  const code = char.codePointAt(0) ?? 0;
  const isWide = WIDE.some(([first, last]) => code >= first && code <= last);
  return isWide || EMOJI.test(char) ? 2 : 1;
}
