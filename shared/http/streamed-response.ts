import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { answerTo, requestTo } from "./one-request.ts";
import { withoutEncoding } from "./transport-encoding.ts";

/**
 * No genuine result is larger: getfile serves at most 3 GB (live response page), and gzip adds next
 * to nothing.
 */
const MAX_BYTES = 4 * 2 ** 30;

/** What to read, and for how long: `readMs` is the time until the headers are there. */
export interface StreamedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly readMs: number;
  /** If it aborts, the request and the body end; null never does. */
  readonly signal: AbortSignal | null;
}

/** The bytes of a result as they come; `length` is the announced number of bytes, or null. */
export interface StreamedBody {
  readonly length: number | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The answer to a GET with its headers, whatever its status; it follows no redirect. Throws if none
 * comes in time. The body must be read with `bodyOf`, or the response destroyed. It does not use
 * `fetch`: in Node 20, `fetch` reads a chunked body as fast as it comes, even if the reader is
 * slow; in Node 24 it ends the process if the other side closes while it waits for the reader
 * (decision 018).
 */
export async function openResponse(
  url: string,
  { headers, readMs, signal }: StreamedRequest,
): Promise<IncomingMessage> {
  // Evidence is the bytes as stored, without an encoding for the transport.
  const asked = { accept: "*/*", ...headers, "accept-encoding": "identity" };
  const request = requestTo(url, { headers: asked, ...(signal === null ? {} : { signal }) });
  const watch = stallWatch(request);
  try {
    watch.start(readMs);
    return await answerTo(request, null);
  } finally {
    watch.stop();
  }
}

/**
 * The body of a response. It must be read to its end or left by breaking out of the loop. It throws
 * if a piece takes longer than `stallMs`, if it breaks off, if it is shorter than announced, or if
 * it is larger than 4 GiB. If nobody begins to read it, it breaks off, too, after the time of a
 * stall.
 */
export function bodyOf(response: IncomingMessage, stallMs: number): StreamedBody {
  const length = announcedLength(response.headers);
  const watch = stallWatch(response);
  watch.start(stallMs);
  return { length, content: watched(withoutEncoding(response), length, watch, stallMs) };
}

/**
 * The announced length, or null. For an encoded body it is null, because decoding changes the
 * length.
 */
function announcedLength(headers: IncomingHttpHeaders): number | null {
  const length = headers["content-length"] ?? "";
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  length: number | null,
  watch: StallWatch,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    watch.start(stallMs);
    for await (const chunk of body) {
      // Only waiting for the other side counts; the reader may be slow.
      watch.stop();
      size += chunk.byteLength;
      if (size > MAX_BYTES) throw new Error(`the result is larger than ${MAX_BYTES} bytes`);
      yield chunk;
      watch.start(stallMs);
    }
  } finally {
    watch.stop();
  }
  if (length !== null && size !== length) {
    throw new Error(`the result ended after ${size} of ${length} bytes`);
  }
}

interface StallWatch {
  start(ms: number): void;
  stop(): void;
}

/** Breaks the stream off if nobody stops the watch within the time of its last start. */
function stallWatch(stream: { destroy(error: Error): unknown }): StallWatch {
  let timer: NodeJS.Timeout | undefined;
  return {
    start(ms) {
      clearTimeout(timer);
      timer = setTimeout(() => stream.destroy(new DOMException("stalled", "TimeoutError")), ms);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
