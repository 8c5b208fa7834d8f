/** How much JSON a reader accepts. */
export interface JsonBounds {
  /** Containers inside one another; the outermost counts. */
  readonly depth: number;
  /** Object keys and array elements, all together. */
  readonly members: number;
}

/**
 * The result of a scan: within the bounds, with the number of object keys; or the bound that was
 * crossed.
 */
export type JsonScan =
  | { readonly kind: "within"; readonly keys: number }
  | { readonly kind: "tooDeep" }
  | { readonly kind: "tooMany" };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENS = new Set([0x5b, 0x7b]);
const CLOSES = new Set([0x5d, 0x7d]);
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Measures JSON text without building anything: one pass, one character at a time, no recursion. It
 * stops at the first bound that is crossed. The parser decides whether the text is JSON; if it is,
 * the counts are exact.
 */
export function scanJson(text: string, bounds: JsonBounds): JsonScan {
  let depth = 0;
  let members = 0;
  let keys = 0;
  let justOpened = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (SPACES.has(code)) continue;
    if (CLOSES.has(code)) {
      depth -= 1;
      justOpened = false;
      continue;
    }
    // There is no comma before the first member of a container.
    if (justOpened || code === COMMA) members += 1;
    justOpened = OPENS.has(code);
    if (justOpened) depth += 1;
    if (code === COLON) keys += 1;
    if (code === QUOTE) at = endOfString(text, at);
    if (depth > bounds.depth) return { kind: "tooDeep" };
    if (members > bounds.members) return { kind: "tooMany" };
  }
  return { kind: "within", keys };
}

function endOfString(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}
