import stringWidth from "string-width";
import type { Paint, Tone } from "./colours.ts";

/** A piece of a line; its text has no escape sequences and no line ends. */
interface Span {
  readonly tone: Tone;
  readonly text: string;
}

/** One line of a terminal. */
export type Line = readonly Span[];

const ELLIPSIS = "…";
const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns a text takes in a terminal. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The text in at most `columns` columns; what is cut off leaves an ellipsis. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let left = columns - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    left -= columnsOf(segment);
    if (left < 0) break;
    kept += segment;
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
