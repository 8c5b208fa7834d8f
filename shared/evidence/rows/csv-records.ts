/** A line of a CSV, or several if a quoted cell has line breaks; or what is wrong with it. */
export type CsvRecord = readonly string[] | { readonly why: string };

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The records of a CSV (RFC 4180), with CRLF, LF or CR. Empty lines are none. A quote that is not
 * at the beginning of a cell is a character like others, because many programs write it so. If
 * the text `isCut`, its last record is left out: nobody knows how it goes on.
 */
export function* csvRecords(text: string, isCut: boolean): Generator<CsvRecord> {
  let at = 0;
  while (at < text.length) {
    const { record, next, isOver } = recordAt(text, at);
    if (isOver && isCut) return;
    if (!isEmpty(record)) yield record;
    at = next;
  }
}

interface Read {
  readonly record: CsvRecord;
  readonly next: number;
  /** True if it ends with the text, and not with a line break. */
  readonly isOver: boolean;
}

function recordAt(text: string, from: number): Read {
  const cells: string[] = [];
  let why: string | null = null;
  let at = from;
  for (;;) {
    const isQuoted = text.charCodeAt(at) === QUOTE;
    const cell = isQuoted ? quotedAt(text, at) : plainAt(text, at);
    if (cell === null) return { record: { why: endless(text.slice(from)) }, ...over(text) };
    cells.push(cell.value);
    at = cell.next;
    const after = text.charCodeAt(at);
    if (after === COMMA) {
      at += 1;
      continue;
    }
    if (!isLineEnd(text, at)) {
      why = "has text behind a quoted cell";
      at = plainAt(text, at).next;
      if (text.charCodeAt(at) === COMMA) {
        at += 1;
        continue;
      }
    }
    const record = why === null ? cells : { why };
    if (at >= text.length) return { record, ...over(text) };
    return { record, next: at + (text.startsWith("\r\n", at) ? 2 : 1), isOver: false };
  }
}

/** Nobody knows what the lines behind such a quote are. */
function endless(rest: string): string {
  const behind = rest.split(/\r\n|\r|\n/).filter((line) => line !== "").length - 1;
  const taken = ["", ": it takes the line behind it, too"][behind];
  return `has a quote that never ends${taken ?? `: it takes the ${behind} lines behind it, too`}`;
}

function over(text: string): Pick<Read, "next" | "isOver"> {
  return { next: text.length, isOver: true };
}

interface CellRead {
  readonly value: string;
  readonly next: number;
}

function quotedAt(text: string, from: number): CellRead | null {
  let value = "";
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return null;
    value += text.slice(at, end);
    if (text.charCodeAt(end + 1) !== QUOTE) return { value, next: end + 1 };
    value += '"';
    at = end + 2;
  }
}

function plainAt(text: string, from: number): CellRead {
  let at = from;
  while (at < text.length && text.charCodeAt(at) !== COMMA && !isLineEnd(text, at)) at += 1;
  return { value: text.slice(from, at), next: at };
}

/** True at LF, at CR with or without LF, and at the end. */
function isLineEnd(text: string, at: number): boolean {
  if (at >= text.length) return true;
  const code = text.charCodeAt(at);
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}

function isEmpty(record: CsvRecord): boolean {
  return Array.isArray(record) && record.length === 1 && record[0] === "";
}
