import { createHash } from "node:crypto";

import type { GzipContent, GzipLayer } from "./gzip-layer.ts";
import { openGzipLayer } from "./gzip-layer.ts";

/** What is known of the bytes after the last one. */
export interface Digest {
  /** Bytes as served, and their SHA-256 in hex. */
  readonly size: number;
  readonly sha256: string;
  /**
   * The content of the one gzip layer; null if there is none, or none that can be trusted, and then
   * `note` says why.
   */
  readonly inner: GzipContent | null;
  readonly note: string | null;
  /** The first bytes, as many as were asked for and came. */
  readonly start: Uint8Array;
}

export interface DigestOptions {
  /**
   * The name from the headers. Only a name that ends in `.gz` is unpacked: Defender packs files so,
   * and names them so.
   */
  readonly servedName: string | null;
  /** How many bytes to keep from the start. */
  readonly keepBytes?: number;
  /** The most bytes to unpack; 30 GiB, since Defender serves at most 3 GB. */
  readonly maxInnerBytes?: number;
}

const MAX_INNER_BYTES = 30 * 2 ** 30;

/**
 * Passes `content` on unchanged and hashes it meanwhile, in constant memory. The speed is that of
 * the reader and of the unpacking. A broken gzip layer never breaks the content. `result` throws
 * until the last byte has passed.
 */
export function digesting(
  content: AsyncIterable<Uint8Array>,
  options: DigestOptions,
): { readonly content: AsyncIterable<Uint8Array>; readonly result: () => Digest } {
  let digest: Digest | null = null;
  return {
    content: flow(content, options, (finished) => {
      digest = finished;
    }),
    result() {
      if (digest === null) throw new Error("not all of the content has been read");
      return digest;
    },
  };
}

async function* flow(
  content: AsyncIterable<Uint8Array>,
  options: DigestOptions,
  finish: (digest: Digest) => void,
): AsyncGenerator<Uint8Array> {
  const outer = createHash("sha256");
  const start = startKeeper(options.keepBytes ?? 0);
  const inner = innerLayer(options);
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.byteLength;
      outer.update(chunk);
      start.offer(chunk);
      await inner.feed(chunk);
      yield chunk;
    }
    const within = await inner.end();
    finish({ size, sha256: outer.digest("hex"), ...within, start: start.bytes() });
  } finally {
    inner.close();
  }
}

/**
 * Waits for the two first bytes of gzip (RFC 1952, 2.3.1), then unpacks; anything else only passes.
 */
function innerLayer({ servedName, maxInnerBytes }: DigestOptions): GzipLayer {
  let undecided = servedName?.toLowerCase().endsWith(".gz") ?? false;
  let first: Uint8Array = new Uint8Array();
  let layer: GzipLayer | null = null;
  return {
    async feed(chunk) {
      if (layer !== null) return layer.feed(chunk);
      if (!undecided) return;
      first = Buffer.concat([first, chunk]);
      if (first.byteLength < 2) return;
      undecided = false;
      if (first[0] !== 0x1f || first[1] !== 0x8b) return;
      layer = openGzipLayer(maxInnerBytes ?? MAX_INNER_BYTES);
      await layer.feed(first);
      first = new Uint8Array();
    },
    end: async () => layer?.end() ?? { inner: null, note: null },
    close: () => layer?.close(),
  };
}

function startKeeper(keepBytes: number) {
  const pieces: Uint8Array[] = [];
  let missing = keepBytes;
  return {
    offer(chunk: Uint8Array): void {
      if (missing <= 0) return;
      const piece = chunk.slice(0, missing);
      missing -= piece.byteLength;
      pieces.push(piece);
    },
    bytes: (): Uint8Array => Buffer.concat(pieces),
  };
}
