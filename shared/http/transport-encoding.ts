import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** What comes out at a time: in small pieces the way costs more than the unpacking. */
const PIECE = { chunkSize: 256 * 1024 };

/** As they are registered (RFC 9110, 8.4.1), and what browsers know besides. */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip(PIECE)],
  ["x-gzip", () => createGunzip(PIECE)],
  ["deflate", () => createInflate(PIECE)],
  ["br", () => createBrotliDecompress(PIECE)],
]);

/**
 * The body without the encoding that it got on its way although nobody asked for one. One that is
 * not known, or more than one, stays: then the bytes are as they came. It breaks where the encoding
 * does, and when the body breaks off; leaving it leaves the body.
 */
export function withoutEncoding(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const encoding = response.headers["content-encoding"] ?? "";
  const decoder = DECODERS.get(encoding.trim().toLowerCase())?.();
  if (decoder === undefined) return response;
  // Whoever reads the last of the two is told of errors in either.
  return pipeline(response, decoder, () => undefined);
}
