import type { Download, Reply } from "../ports.ts";
import { fileNameIn } from "./content-disposition.ts";
import { silenceText } from "./request.ts";
import { retryAfterMs } from "./retry-after.ts";

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
 * throws if it stalls, breaks off, is shorter than announced, or passes 4 GiB.
 */
export async function openDownload(
  fetchOnce: typeof fetch,
  url: string,
  timeouts: DownloadTimeouts,
  nowMs: () => number,
): Promise<Reply<Download>> {
  const watch = stallWatch();
  try {
    watch.start(timeouts.readMs);
    const response = await fetchOnce(url, {
      // Evidence is the bytes as stored, not as a transport would rather have them.
      headers: { accept: "*/*", "accept-encoding": "identity" },
      redirect: "manual",
      signal: watch.signal,
    });
    watch.stop();
    if (response.status === 200) return { kind: "answered", value: downloadOf(response) };
    await response.body?.cancel();
    return withoutBytes(response, nowMs());
  } catch (error) {
    watch.stop();
    return { kind: "unavailable", detail: silenceText(error) };
  }

  function downloadOf(response: Response): Download {
    const length = announcedLength(response.headers);
    return {
      fileName: fileNameIn(response.headers.get("content-disposition")),
      length,
      content: watched(response.body, length, watch, timeouts.stallMs),
    };
  }
}

/**
 * Every answer but a 200. The blob store's own error texts are left unread: they can quote the
 * signature.
 */
function withoutBytes(response: Response, nowMs: number): Reply<Download> {
  const { status, headers } = response;
  const detail = `the result store answered HTTP ${status}`;
  if (status === 404 || status === 410) return { kind: "absent", detail };
  if (status === 429) {
    const asked = retryAfterMs(headers.get("retry-after"), headers.get("date"), nowMs);
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
function announcedLength(headers: Headers): number | null {
  const length = headers.get("content-length") ?? "";
  const encoding = headers.get("content-encoding") ?? "identity";
  return encoding === "identity" && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

async function* watched(
  body: ReadableStream<Uint8Array> | null,
  length: number | null,
  watch: StallWatch,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    watch.start(stallMs);
    for await (const chunk of body ?? []) {
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
  readonly signal: AbortSignal;
  start(ms: number): void;
  stop(): void;
}

/** A signal that aborts when nobody stops the watch within the time it was last started with. */
function stallWatch(): StallWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    start(ms) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(new DOMException("stalled", "TimeoutError")), ms);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
