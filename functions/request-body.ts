import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { HttpRequest } from "@azure/functions";

/** The first bytes of a body, at most so many. */
export async function readAtMost(request: HttpRequest, bytesMax: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<unknown> = request.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const chunk = read.value;
    if (!(chunk instanceof Uint8Array)) throw new Error("a body gave something but bytes");
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= bytesMax) {
      // To cancel would break the connection that the answer needs; the host bounds the rest.
      discard(reader).catch(() => undefined);
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}

/**
 * Lets a body that nobody has read pass by. It is not kept, and the answer does not wait for it: a
 * connection with an unread body can take no answer.
 */
export function leaveUnread(request: HttpRequest): void {
  if (request.body === null || request.bodyUsed) return;
  discard(request.body.getReader()).catch(() => undefined);
}

async function discard(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  while (!(await reader.read()).done);
}
