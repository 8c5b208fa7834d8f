import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { answerTo, requestTo } from "./one-request.ts";
import { withoutEncoding } from "./transport-encoding.ts";

/**
 * Above this no result is genuine: getfile serves at most 3 GB (live response page), and gzip adds
 * next to nothing.
 */
const MAX_BYTES = 4 * 2 ** 30;

/** What is asked for, and for how long: `readMs` is the time until the headers are in. */
export interface StreamedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly readMs: number;
  /** Ends the request and the body when it is aborted; null never does. */
  readonly signal: AbortSignal | null;
}

/** The bytes of a result as they come; `length` is what was announced, in bytes, or null. */
export interface StreamedBody {
  readonly length: number | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The answer to a GET as far as its headers, whatever its status; no redirect is followed. Throws
 * when none comes in time. The body must be taken by `bodyOf`, or left by destroying the response.
 * Not by `fetch`: that of Node 20 reads a body in chunked encoding as fast as it comes, however
 * slowly it is taken, and that of Node 24 ends the process if the other side closes while it waits
 * for the reader (decision 018).
 */
export async function openResponse(
  url: string,
  { headers, readMs, signal }: StreamedRequest,
): Promise<IncomingMessage> {
  // Evidence is the bytes as stored, not as a transport would rather have them.
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
 * The body of a response, which must be read to its end or left by breaking out of the loop; it
 * throws if a piece takes longer than `stallMs`, if it breaks off, is shorter than announced, or
 * passes 4 GiB. One that nobody begins to read breaks off, too, after the time of a stall.
 */
export function bodyOf(response: IncomingMessage, stallMs: number): StreamedBody {
  const length = announcedLength(response.headers);
  const watch = stallWatch(response);
  watch.start(stallMs);
  return { length, content: watched(withoutEncoding(response), length, watch, stallMs) };
}

/**
 * The announced length, or null; that of a body in transport encoding is not the length of what
 * comes out of it.
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
      // Only waiting for the other side counts; whoever reads may take its time.
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

/** Breaks the stream off when nobody stops the watch within the time it was last started with. */
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
