import type { Paint, Tone } from "./colours.ts";

/** A piece of a line; its text has no escape sequences and no line ends. */
export interface Span {
  readonly tone: Tone;
  readonly text: string;
}

/** One line of a terminal. */
export type Line = readonly Span[];

const ELLIPSIS = "…";
/** Emoji and East Asian wide characters: two columns (Unicode UAX 11, the blocks names are made of). */
const WIDE =
  /[\p{Extended_Pictographic}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
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

/** The text in exactly `columns` columns, cut or filled up with blanks behind it or, `end`, before it. */
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
  return WIDE.test(char) ? 2 : 1;
}
