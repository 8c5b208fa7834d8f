import type { IncomingMessage } from "node:http";
import type { Download, Reply } from "../ports.ts";
import { fileNameIn } from "./content-disposition.ts";
import { silenceText } from "../http/silence.ts";
import { throttledAnswer } from "./throttled-answer.ts";
import { bodyOf, openResponse } from "../http/streamed-response.ts";

/**
 * The bounds of a download: the time until its headers are there, and the time for each further
 * piece.
 */
export interface DownloadTimeouts {
  readonly readMs: number;
  readonly stallMs: number;
}

/**
 * Opens a result link that was checked before. It sends no token, because the link is enough; it
 * follows no redirect. The content must be read to its end or left by breaking out of the loop. It
 * throws if it stalls, breaks off, is shorter than announced, or is larger than 4 GiB. If nobody
 * begins to read it, it breaks off, too, after the time of a stall.
 */
export async function openDownload(
  url: string,
  { readMs, stallMs }: DownloadTimeouts,
  nowMs: () => number,
): Promise<Reply<Download>> {
  try {
    const response = await openResponse(url, { headers: {}, readMs, signal: null });
    if (response.statusCode === 200) {
      const fileName = fileNameIn(response.headers["content-disposition"] ?? null);
      return { kind: "answered", value: { fileName, ...bodyOf(response, stallMs) } };
    }
    response.destroy();
    return withoutBytes(response, nowMs());
  } catch (error) {
    return { kind: "unavailable", detail: silenceText(error) };
  }
}

/**
 * Every answer but a 200. The error texts of the blob store are not read, because they can quote
 * the signature.
 */
function withoutBytes(response: IncomingMessage, nowMs: number): Reply<Download> {
  const { statusCode: status = 0, headers } = response;
  const detail = `the result store answered HTTP ${status}`;
  if (status === 404 || status === 410) return { kind: "absent", detail };
  if (status === 429) {
    const comeBack = { retryAfter: headers["retry-after"] ?? null, date: headers.date ?? null };
    return throttledAnswer(comeBack, nowMs);
  }
  if (status < 300 || status >= 500 || status === 408) return { kind: "unavailable", detail };
  const code = status < 400 ? "Redirected" : "";
  return { kind: "refused", httpStatus: status, code, detail };
}
