const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The cells at these places of a stored line, as the JSON of an array in their order; null for a
 * place that the line has not, -1 included. It cuts the text and parses nothing, which takes a
 * fifth of the time. The same cells give the same text, because lrq has written all lines alike.
 */
export function cutLine(line: string, places: readonly number[]): string {
  const last = Math.max(...places);
  const ends: number[] = [];
  const begins: number[] = [];
  let at = 1;
  while (begins.length <= last && at < line.length - 1) {
    const end = cellEnd(line, at);
    begins.push(at);
    ends.push(end);
    at = end + 1;
  }
  let cut = "[";
  for (const [index, place] of places.entries()) {
    if (index > 0) cut += ",";
    const begin = begins[place];
    cut += begin === undefined ? "null" : line.slice(begin, ends[place]);
  }
  return `${cut}]`;
}

/** Where the comma or the bracket behind a cell is. */
function cellEnd(line: string, at: number): number {
  if (line.charCodeAt(at) === QUOTE) return stringEnd(line, at) + 1;
  const comma = line.indexOf(",", at);
  return comma < 0 ? line.length - 1 : comma;
}

/** The closing quote: the first one behind an even number of backslashes. */
function stringEnd(line: string, at: number): number {
  for (let end = line.indexOf('"', at + 1); end >= 0; end = line.indexOf('"', end + 1)) {
    let before = end - 1;
    while (line.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  throw new Error("a stored line has a text that never ends");
}
