/** The JSON of one row, still a text. */
export interface JsonRecords {
  readonly texts: Iterable<string>;
  /** Once all texts were taken: why the rest is no rows; null if there is no rest. */
  trouble(): string | null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const LAST = 0x5d;

/**
 * The elements of a JSON array, each as it is written, or the one object that the text is. It finds
 * where an element ends without reading it, so one that is no JSON spoils no other one, and an
 * array that `isCut` has its first elements.
 */
export function arrayRecords(text: string, isCut: boolean): JsonRecords {
  const from = skipBlanks(text, 0);
  let trouble: string | null = null;
  function* texts(): Generator<string> {
    if (text[from] === "{") {
      if (!isCut) yield text.slice(from);
      return;
    }
    if (text[from] !== "[") {
      trouble = from < text.length ? "no JSON array and no object" : "no text";
      return;
    }
    let at = skipBlanks(text, from + 1);
    if (text.charCodeAt(at) === LAST) {
      trouble = behind(text, at + 1);
      return;
    }
    for (;;) {
      const end = elementEnd(text, at);
      if (end === null) {
        trouble = isCut ? null : "a JSON array that never ends";
        return;
      }
      yield text.slice(at, end);
      at = end + 1;
      if (text.charCodeAt(end) === LAST) break;
    }
    trouble = behind(text, at);
  }
  return { texts: texts(), trouble: () => trouble };
}

/**
 * The lines of NDJSON that are not blank; the last one is left out if the text `isCut`. CR alone
 * ends a line only if no LF does.
 */
export function* lineRecords(text: string, isCut: boolean): Generator<string> {
  const lineEnd = text.includes("\n") ? "\n" : "\r";
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf(lineEnd, at);
    if (end < 0 && isCut) return;
    const line = text.slice(at, end < 0 ? undefined : end);
    if (line.trim() !== "") yield line;
    at = end < 0 ? text.length : end + 1;
  }
}

/** Where an element ends: at the comma or at the bracket behind it; null if neither comes. */
function elementEnd(text: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (end === null) return null;
      at = end;
    } else if (depth === 0 && (code === COMMA || code === LAST)) return at;
    else if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code)) depth = Math.max(0, depth - 1);
  }
  return null;
}

/** The closing quote of the string that begins at `from`. */
function stringEnd(text: string, from: number): number | null {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return null;
}

function behind(text: string, from: number): string | null {
  return skipBlanks(text, from) < text.length ? "more behind the JSON array" : null;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "x")) at += 1;
  return at;
}
