import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { Download, Reply } from "../ports.ts";
import { fileNameIn } from "./content-disposition.ts";
import { silenceText } from "./request.ts";
import { retryAfterMs } from "./retry-after.ts";
import { withoutEncoding } from "./transport-encoding.ts";

/**
 * Above this no result is genuine: getfile serves at most 3 GB (live response page), and gzip adds
 * next to nothing.
 */
const MAX_BYTES = 4 * 2 ** 30;

/**
 * The bounds of a download: how long until its headers are in, and how long each further piece may
 * take.
 */
export interface DownloadTimeouts {
  readonly readMs: number;
  readonly stallMs: number;
}

/**
 * Opens a result link that was checked before. No token goes along, for the link is its own key; no
 * redirect is followed. The content must be read to its end or left by breaking out of the loop; it
 * throws if it stalls, breaks off, is shorter than announced, or passes 4 GiB. One that nobody
 * begins to read breaks off, too, after the time of a stall.
 */
export async function openDownload(
  url: string,
  timeouts: DownloadTimeouts,
  nowMs: () => number,
): Promise<Reply<Download>> {
  try {
    const response = await opened(url, timeouts.readMs);
    if (response.statusCode === 200) {
      return { kind: "answered", value: downloadOf(response, timeouts.stallMs) };
    }
    response.destroy();
    return withoutBytes(response, nowMs());
  } catch (error) {
    return { kind: "unavailable", detail: silenceText(error) };
  }
}

/**
 * The answer as far as its headers. Not by `fetch`: that of Node 20 reads a body in chunked
 * encoding as fast as it comes, however slowly it is taken, and that of Node 24 ends the process if
 * the other side closes while it waits for the reader (decision 018).
 */
async function opened(url: string, readMs: number): Promise<IncomingMessage> {
  const open = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
  // Evidence is the bytes as stored, not as a transport would rather have them.
  const request = open(url, { headers: { accept: "*/*", "accept-encoding": "identity" } });
  const watch = stallWatch(request);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      request.on("response", resolve);
      request.on("error", reject);
      // What is no HTTP to speak of, such as a change of protocols, ends with neither.
      request.on("close", () => reject(new Error("closed without an answer")));
      watch.start(readMs);
      request.end();
    });
  } finally {
    watch.stop();
  }
}

function downloadOf(response: IncomingMessage, stallMs: number): Download {
  const length = announcedLength(response.headers);
  const watch = stallWatch(response);
  watch.start(stallMs);
  return {
    fileName: fileNameIn(response.headers["content-disposition"] ?? null),
    length,
    content: watched(withoutEncoding(response), length, watch, stallMs),
  };
}

/**
 * Every answer but a 200. The blob store's own error texts are left unread: they can quote the
 * signature.
 */
function withoutBytes(response: IncomingMessage, nowMs: number): Reply<Download> {
  const { statusCode: status = 0, headers } = response;
  const detail = `the result store answered HTTP ${status}`;
  if (status === 404 || status === 410) return { kind: "absent", detail };
  if (status === 429) {
    const asked = retryAfterMs(headers["retry-after"] ?? null, headers.date ?? null, nowMs);
    return { kind: "throttled", retryAfterMs: asked };
  }
  if (status < 300 || status >= 500 || status === 408) return { kind: "unavailable", detail };
  const code = status < 400 ? "Redirected" : "";
  return { kind: "refused", httpStatus: status, code, detail };
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
      // Only waiting for the store counts; whoever reads may take its time.
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
    throw new Error(`the result broke off after ${size} of ${length} bytes`);
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
