import { scanJson } from "./json-scan.ts";
import type { JsonBounds } from "./json-scan.ts";
import type { Problem } from "./problem.ts";

/**
 * Most bytes of a body: 2 MiB. A Graph alert with its evidence has about 13 kB, and Sentinel puts
 * at most 150 alerts into one incident. Our own bound; the Functions host takes 100 MiB.
 */
export const MAX_BODY_BYTES = 2_097_152;

/**
 * Depth 32, and 60,000 keys and elements: 150 Graph alerts have about 300 each. JSON.parse, Zod and
 * JSON.stringify become slow or throw only far above this.
 */
const BOUNDS: JsonBounds = { depth: 32, members: 60_000 };

/** The key that careless code takes for the prototype of an object. */
const PROTO = "__proto__";

/**
 * The JSON value of a body, or why there is none: `tooLarge` is a 413, the other three are a 400.
 */
export type ReadBody =
  | { readonly kind: "read"; readonly json: unknown }
  | {
      readonly kind: "tooLarge" | "notJson" | "tooDeep" | "tooMany";
      readonly problem: Problem;
    };

/**
 * Reads a request body: at most 2,097,152 bytes of valid UTF-8 (a byte order mark is skipped), JSON
 * at most 32 deep with at most 60,000 keys and elements, no key twice in one object, and no key
 * `__proto__`. It measures before it parses, so a hostile body costs one pass. Never throws.
 */
export function readBody(body: Uint8Array | string): ReadBody {
  if (body.length > MAX_BODY_BYTES) return tooLarge();
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (bytes.length > MAX_BODY_BYTES) return tooLarge();
  const text = decode(bytes);
  if (text === null) return refused("notJson", "Send the body in UTF-8; this body is not UTF-8.");
  const scan = scanJson(text, BOUNDS);
  if (scan.kind === "tooDeep") {
    return refused("tooDeep", `Nest JSON at most ${BOUNDS.depth} deep.`);
  }
  if (scan.kind === "tooMany") {
    return refused("tooMany", `Send at most ${BOUNDS.members} keys and array elements in a body.`);
  }
  return parse(text, scan.keys);
}

function parse(text: string, keysWritten: number): ReadBody {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // The message of JSON.parse quotes the sender's text; ours does not.
    if (error instanceof SyntaxError)
      return refused("notJson", "Send JSON; this body is not JSON.");
    throw error;
  }
  const keys = keysOf(json);
  if (keys.includes(PROTO)) return refused("notJson", `Remove the key ${PROTO}.`);
  // Of two equal keys, JSON.parse silently uses the last; another reader may use the first.
  if (keys.length < keysWritten) {
    return refused("notJson", "Remove the key that an object of the body has twice.");
  }
  return { kind: "read", json };
}

/**
 * All keys of all objects in a value; it takes at most as many steps as the scan counted members.
 */
function keysOf(json: unknown): string[] {
  const keys: string[] = [];
  const open: unknown[] = [json];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) keys.push(...Object.keys(value));
    open.push(...Object.values(value));
  }
  return keys;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function tooLarge(): ReadBody {
  return refused("tooLarge", `Send at most ${MAX_BODY_BYTES} bytes.`);
}

function refused(kind: "tooLarge" | "notJson" | "tooDeep" | "tooMany", message: string): ReadBody {
  return { kind, problem: { path: "", message } };
}
