import { hash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { digesting } from "../../shared/evidence/digest.ts";

/** Size and SHA-256 of some bytes. */
export interface Hashed {
  readonly size: number;
  readonly sha256: string;
}

/** Of a file, and of what one gzip layer of it holds, where it was asked for. */
export interface FileDigest extends Hashed {
  readonly inner: Hashed | null;
}

/**
 * A file with fewer bytes is read at once, which is much quicker for many small ones, and all into
 * the same memory, for ten thousand buffers keep the collector busy.
 */
const ROOM = Buffer.alloc(2 ** 20);
/** And its gzip layer opened at once, if it holds no more than this. */
const INNER_AT_ONCE_BYTES = 2 ** 24;

/** Reads a file, in constant memory. `inner` is what its gzip layer is said to hold, or null. */
export async function hashFile(path: string, inner: Hashed | null): Promise<FileDigest> {
  const bytes = readAtOnce(path);
  if (bytes !== null) {
    if (inner === null) return { ...hashOf(bytes), inner: null };
    const opened = openedAtOnce(bytes);
    // Where it is not as said, the way that collects it has the last word.
    if (opened?.sha256 === inner.sha256) return { ...hashOf(bytes), inner: opened };
  }
  // The layer is looked for behind a name that promises one; here somebody else has promised it.
  const servedName = inner === null ? null : "content.gz";
  const flowing = digesting(createReadStream(path), { servedName });
  for await (const _ of flowing.content);
  return flowing.result();
}

/** The bytes of a file that fits, until the next file is read; null of any other. */
function readAtOnce(path: string): Uint8Array | null {
  const file = openSync(path, "r");
  try {
    let size = 0;
    while (size < ROOM.byteLength) {
      const read = readSync(file, ROOM, size, ROOM.byteLength - size, null);
      if (read === 0) return ROOM.subarray(0, size);
      size += read;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

function openedAtOnce(bytes: Uint8Array): Hashed | null {
  try {
    return hashOf(gunzipSync(bytes, { maxOutputLength: INNER_AT_ONCE_BYTES }));
  } catch {
    return null;
  }
}

function hashOf(bytes: Uint8Array): Hashed {
  return { size: bytes.byteLength, sha256: hash("sha256", bytes) };
}
