import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/**
 * The bytes that come out at a time. With smaller pieces passing them on costs more than unpacking.
 */
const PIECE = { chunkSize: 256 * 1024 };

/** The registered encodings (RFC 9110, 8.4.1), and others that browsers know. */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => createGunzip(PIECE)],
  ["x-gzip", () => createGunzip(PIECE)],
  ["deflate", () => createInflate(PIECE)],
  ["br", () => createBrotliDecompress(PIECE)],
]);

/**
 * The body without an encoding that was added on its way, although lrq did not ask for one. If the
 * encoding is not known, or there are several, the bytes stay as they came. It breaks if the
 * encoding is broken or the body breaks off. If the reader stops, the body ends.
 */
export function withoutEncoding(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const encoding = response.headers["content-encoding"] ?? "";
  const decoder = DECODERS.get(encoding.trim().toLowerCase())?.();
  if (decoder === undefined) return response;
  // The reader of the last stream gets the errors of both.
  return pipeline(response, decoder, () => undefined);
}
