import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { digesting } from "../../shared/evidence/digest.ts";

/** Size and SHA-256 of a file, and of what one gzip layer holds, where it was asked for. */
export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
  readonly inner: { readonly size: number; readonly sha256: string } | null;
}

/** Up to this size a file is read at once, which is much quicker for many small ones. */
const AT_ONCE_BYTES = 2 ** 20;

/** Reads a file once, in constant memory. */
export async function hashFile(path: string, withInner: boolean): Promise<FileDigest> {
  const { size } = statSync(path);
  if (!withInner && size <= AT_ONCE_BYTES) {
    const bytes = readFileSync(path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { size: bytes.byteLength, sha256, inner: null };
  }
  // The layer is looked for behind a name that promises one; here somebody else has promised it.
  const servedName = withInner ? "content.gz" : null;
  const flowing = digesting(createReadStream(path), { servedName });
  for await (const _ of flowing.content);
  return flowing.result();
}
