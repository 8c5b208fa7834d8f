import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file of the operations page. `etag` changes with its bytes. */
export interface PageFile {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly etag: string;
}

/** All files there are; no other name is looked for. */
const TYPES = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
} as const;
type Name = keyof typeof TYPES;

const read = new Map<Name, PageFile>();

/**
 * A file of the page, read once; null if there is none of this name. Throws if the build has left
 * it out: it lies beside the bundle.
 */
export function shippedPage(name: string): PageFile | null {
  if (!isName(name)) return null;
  const known = read.get(name);
  if (known !== undefined) return known;
  const bytes = readFileSync(new URL(`page/${name}`, import.meta.url));
  const etag = `"${createHash("sha256").update(bytes).digest("hex")}"`;
  const file = { bytes, type: TYPES[name], etag };
  read.set(name, file);
  return file;
}

function isName(name: string): name is Name {
  return Object.hasOwn(TYPES, name);
}
