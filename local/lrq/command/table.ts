import type { Tone } from "../../colours.ts";
import { columnsOf, cut, fit, type Line } from "../../columns.ts";
import { harmless } from "./around.ts";
import { wrapped } from "./wrapped.ts";

/** A column: its title, and how wide it may get. The last one takes what is left. */
export interface Column {
  readonly title: string;
  readonly most: number;
}

const GAP = 2;
/** A column that takes what is left has this much, even if the line gets too long by that. */
const LAST_LEAST = 20;

/**
 * Rows below titles, in at most `columns` columns. A row has a span for each column. What is too
 * long is cut; only the last column goes on in further lines.
 */
export function tableLines(
  titles: readonly Column[],
  rows: readonly Line[],
  columns: number,
): Line[] {
  const head: Line = titles.map(({ title }) => ({ tone: "faint", text: title }));
  const cells = [head, ...rows.map(harmless)];
  const widths = titles.slice(0, -1).map(({ most }, at) => {
    return Math.min(most, Math.max(...cells.map((row) => columnsOf(row[at]?.text ?? ""))));
  });
  const before = widths.reduce((sum, width) => sum + width + GAP, 0);
  return cells.flatMap((row) => rowLines(row, widths, Math.max(LAST_LEAST, columns - before)));
}

function rowLines(row: Line, widths: readonly number[], last: number): Line[] {
  const front = widths.map((width, at) => {
    const { tone = "plain", text = "" } = row[at] ?? {};
    return { tone, text: `${fit(text, width)}${" ".repeat(GAP)}` };
  });
  const { tone = "plain", text = "" } = row[widths.length] ?? {};
  const indent = widths.reduce((sum, width) => sum + width + GAP, 0);
  const [first = "", ...further] = wrapped(text, last).map((piece) => cut(piece, last));
  return [
    [...front, { tone, text: first }],
    ...further.map((piece) => [plain(" ".repeat(indent)), { tone, text: piece }]),
  ];
}

/** A fact behind its name, over as many lines as it takes. */
export function factLines(
  name: string,
  text: string,
  { columns, tone = "plain" }: { readonly columns: number; readonly tone?: Tone },
): Line[] {
  const indent = 12;
  const [safe = { text: "" }] = harmless([plain(text)]);
  return wrapped(safe.text, columns - indent).map((piece, at) => [
    { tone: "faint", text: fit(at === 0 ? name : "", indent) },
    { tone, text: cut(piece, columns - indent) },
  ]);
}

export function plain(text: string): Line[number] {
  return { tone: "plain", text };
}
