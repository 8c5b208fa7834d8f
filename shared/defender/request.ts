import type { ClientRequest, IncomingMessage } from "node:http";
import { answerTo, requestTo, type LeaveWithin } from "../http/one-request.ts";
import { silenceText } from "../http/silence.ts";
import { withoutEncoding } from "../http/transport-encoding.ts";

/**
 * One call over HTTP; the signal bounds all of it, the body included. `maxBytes` bounds the
 * answer's body; absent, `leaveWithinMs` leaves it all the time there is.
 */
export interface HttpCall {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly token: string;
  readonly json: unknown;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  readonly leaveWithinMs?: LeaveWithin;
}

/** What came back: `text` is null when the body broke off or was larger than allowed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string | null;
}

/** An answer, or nothing at all. */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  /** Nobody knows whether the call arrived. */
  | { readonly kind: "silence"; readonly detail: string }
  /** Nothing of the call was written: it certainly did not arrive. */
  | { readonly kind: "notSent"; readonly detail: string };

/**
 * Makes the call once. Redirects are answers, never followed, for the token must not travel
 * elsewhere.
 */
export async function exchange(call: HttpCall): Promise<Exchange> {
  const { signal, leaveWithinMs, maxBytes } = call;
  const body = call.json === null ? null : Buffer.from(JSON.stringify(call.json));
  const request = requestFor(call, body);
  let response: IncomingMessage;
  try {
    response = await answerTo(request, body, leaveWithinMs);
  } catch (error) {
    const detail = silenceText(signal.aborted ? signal.reason : error);
    return { kind: request.headersSent ? "silence" : "notSent", detail };
  }
  const text = await boundedText(withoutEncoding(response), maxBytes);
  const { statusCode: status = 0 } = response;
  return { kind: "answer", answer: { status, headers: headersOf(response), text } };
}

/** Not `fetch`, which makes a POST a second time when it is answered with 421 (decision 008). */
function requestFor({ method, url, token, signal }: HttpCall, body: Buffer | null): ClientRequest {
  const headers = {
    accept: "application/json",
    "accept-encoding": "gzip",
    authorization: `Bearer ${token}`,
    ...(body === null
      ? {}
      : { "content-type": "application/json", "content-length": body.byteLength }),
  };
  // A kept connection may be closed just when it is used again, and then nobody knows whether the
  // call arrived: each has one of its own.
  return requestTo(url, { method, headers, signal, agent: false });
}

function headersOf({ headers }: IncomingMessage): HttpAnswer["headers"] {
  return { get: (name) => [headers[name] ?? []].flat()[0] ?? null };
}

async function boundedText(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    // Leaving the loop early cancels the body, so that an endless one costs no more than the bound.
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > maxBytes) return null;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    // The status line is in, and says more than silence would; only the body is lost.
    return null;
  }
}
