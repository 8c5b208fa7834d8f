import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
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

/** Up to this size a file is read at once, which is much quicker for many small ones. */
const AT_ONCE_BYTES = 2 ** 20;
/** And its gzip layer opened at once, if it holds no more than this. */
const INNER_AT_ONCE_BYTES = 2 ** 24;

/** Reads a file, in constant memory. `inner` is what its gzip layer is said to hold, or null. */
export async function hashFile(path: string, inner: Hashed | null): Promise<FileDigest> {
  const { size } = statSync(path);
  if (size <= AT_ONCE_BYTES) {
    const bytes = readFileSync(path);
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

function openedAtOnce(bytes: Uint8Array): Hashed | null {
  try {
    return hashOf(gunzipSync(bytes, { maxOutputLength: INNER_AT_ONCE_BYTES }));
  } catch {
    return null;
  }
}

function hashOf(bytes: Uint8Array): Hashed {
  return { size: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") };
}
