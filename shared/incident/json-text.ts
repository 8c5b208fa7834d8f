import { readBody } from "./read-body.ts";

/**
 * The JSON in a field that holds it as text, within the bounds of a body; null if it holds none.
 */
export function jsonIn(text: string): unknown {
  const read = readBody(text);
  return read.kind === "read" ? read.json : null;
}
