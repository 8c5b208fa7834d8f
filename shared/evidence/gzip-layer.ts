import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";

/**
 * The bytes that zlib returns at a time. Every piece is a round trip to its thread. With zlib's own
 * size of 16 KiB, a gibibyte takes four times as long.
 */
const PIECE_BYTES = 256 * 1024;

/** Size and SHA-256 (hex) of the content of one gzip layer, in the form of a custody entry. */
export interface GzipContent {
  readonly encoding: "gzip";
  readonly size: number;
  readonly sha256: string;
}

/** The result of unpacking; if there is no content, `note` says why. */
interface Unwrapped {
  readonly inner: GzipContent | null;
  readonly note: string | null;
}

/**
 * Takes gzip in pieces, and says at the end what was in it. Only `feed` and `end` wait; nothing
 * throws.
 */
export interface GzipLayer {
  /**
   * Waits until the piece is unpacked, or is certain not to be. So a fast reader cannot run ahead.
   */
  feed(chunk: Uint8Array): Promise<void>;
  end(): Promise<Unwrapped>;
  close(): void;
}

/** Hashes the content and keeps none of it; stops for good after more than `maxBytes`. */
export function openGzipLayer(maxBytes: number): GzipLayer {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  const hash = createHash("sha256");
  let size = 0;
  let trouble: string | null = null;
  let over = false;
  let wake: (() => void) | null = null;

  gunzip.on("data", (piece: Buffer) => {
    size += piece.byteLength;
    hash.update(piece);
    if (size > maxBytes) stop(`more than ${maxBytes} bytes within the gzip layer`);
  });
  gunzip.on("error", (error: Error) => stop(`broken gzip layer: ${error.message}`));
  // If there is padding after the layer, zlib ends and never calls back for the piece with the
  // padding.
  gunzip.on("end", () => stop(null));
  gunzip.on("close", () => stop(null));

  function stop(why: string | null): void {
    trouble ??= over ? null : why;
    over = true;
    gunzip.destroy();
    wake?.();
  }

  function waiting(act: (done: () => void) => void): Promise<void> {
    if (over) return Promise.resolve();
    return new Promise((resolve) => {
      wake = resolve;
      act(resolve);
    });
  }

  return {
    feed: (chunk) => waiting((done) => gunzip.write(chunk, () => done())),
    async end() {
      // Only "end", an error or the bound finish the layer, because the callback of `end` comes
      // before the last bytes.
      await waiting(() => gunzip.end());
      if (trouble !== null) return { inner: null, note: trouble };
      return { inner: { encoding: "gzip", size, sha256: hash.digest("hex") }, note: null };
    },
    close: () => {
      gunzip.destroy();
    },
  };
}
