import { paintFor } from "./colours.ts";
import { columnsOf, renderLine, type Line } from "./columns.ts";

/** The part of a terminal that is used. */
export interface Terminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Lines that stay, and a block below them that is drawn anew in its place. */
export interface Screen {
  /** Draws the block, unless it already looks like that. */
  readonly draw: (lines: readonly Line[]) => void;
  /** Leaves the block as it stands and shows the cursor again; safe to call twice. */
  readonly close: () => void;
}

/** Of a terminal that does not say (ECMA-48 era default, as termcap has it). */
const DEFAULT_SIZE = { columns: 80, rows: 24 } as const;

const HIDE_CURSOR = "\u001b[?25l";
/** Makes the cursor visible again (DECTCEM). */
export const SHOW_CURSOR = "\u001b[?25h";
/** Synchronized output: terminals that know it show a frame whole; the others pass it over. */
const BEGIN_FRAME = "\u001b[?2026h";
const END_FRAME = "\u001b[?2026l";
const CLEAR_BELOW = "\u001b[J";
const CLEAR_LINE = "\u001b[K";

/** A screen on a terminal; each frame is one write, line over line, so that nothing flickers. */
export function openScreen(terminal: Terminal, coloured: boolean): Screen {
  const paint = paintFor(coloured);
  let drawn: { readonly frame: string; readonly widths: readonly number[] } | null = null;
  let isClosed = false;
  return {
    draw: (lines) => {
      if (isClosed) return;
      const size = sizeOf(terminal);
      // The last column stays free: some terminals wrap as soon as it is written to.
      const columns = Math.max(1, size.columns - 1);
      // A block taller than the terminal could not be drawn over again.
      const shown = lines.slice(0, Math.max(1, size.rows - 1));
      const frame = shown.map((line) => renderLine(line, columns, paint)).join("\n");
      if (frame === drawn?.frame) return;
      const up = drawn === null ? HIDE_CURSOR : upOver(drawn.widths, size);
      const body = frame.replaceAll("\n", `${CLEAR_LINE}\r\n`);
      terminal.write(`${BEGIN_FRAME}${up}${body}${CLEAR_LINE}\r\n${CLEAR_BELOW}${END_FRAME}`);
      drawn = { frame, widths: shown.map((line) => widthOf(line, columns)) };
    },
    close: () => {
      if (!isClosed && drawn !== null) terminal.write(SHOW_CURSOR);
      isClosed = true;
    },
  };
}

/** Rows a block takes now: a terminal made narrower since has wrapped its lines. */
export function rowsTaken(widths: readonly number[], columns: number): number {
  return widths.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
}

function upOver(widths: readonly number[], size: { columns: number; rows: number }): string {
  return `\r\u001b[${Math.min(rowsTaken(widths, size.columns), size.rows - 1)}A`;
}

function widthOf(line: Line, columns: number): number {
  const text = line.map((span) => span.text).join("");
  return Math.min(columns, columnsOf(text.trimEnd()));
}

function sizeOf({ columns, rows }: Terminal): { columns: number; rows: number } {
  // Some pseudo terminals say 0 for "not known".
  return { columns: columns || DEFAULT_SIZE.columns, rows: Math.max(2, rows || DEFAULT_SIZE.rows) };
}
