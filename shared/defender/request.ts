import type { ClientRequest, IncomingMessage } from "node:http";
import { answerTo, requestTo, type LeaveWithin } from "../http/one-request.ts";
import { silenceText } from "../http/silence.ts";
import { withoutEncoding } from "../http/transport-encoding.ts";

/** What a call carries. */
export interface HttpBody {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A value as JSON. */
export function jsonBody(value: unknown): HttpBody {
  return { contentType: "application/json", bytes: Buffer.from(JSON.stringify(value)) };
}

/**
 * One call over HTTP; the signal bounds all of it, the body included. `maxBytes` bounds the
 * answer's body. Without `leaveWithinMs` the call may leave at any time.
 */
export interface HttpCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly token: string;
  readonly body: HttpBody | null;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  readonly leaveWithinMs?: LeaveWithin;
}

/** The answer: `text` is null if the body broke off or was larger than allowed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string | null;
}

/** An answer, or none. */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  /** It is not known whether the call arrived. */
  | { readonly kind: "silence"; readonly detail: string }
  /** Nothing of the call was written: it certainly did not arrive. */
  | { readonly kind: "notSent"; readonly detail: string };

/**
 * Makes the call once. It follows no redirect, because the token must not go elsewhere; a redirect
 * is an answer.
 */
export async function exchange(call: HttpCall): Promise<Exchange> {
  const { signal, body, leaveWithinMs, maxBytes } = call;
  const request = requestFor(call);
  let response: IncomingMessage;
  try {
    response = await answerTo(request, body?.bytes ?? null, leaveWithinMs);
  } catch (error) {
    const detail = silenceText(signal.aborted ? signal.reason : error);
    return { kind: request.headersSent ? "silence" : "notSent", detail };
  }
  const text = await boundedText(withoutEncoding(response), maxBytes);
  const { statusCode: status = 0 } = response;
  return { kind: "answer", answer: { status, headers: headersOf(response), text } };
}

/** Not `fetch`, which makes a POST a second time when it is answered with 421 (decision 008). */
function requestFor({ method, url, token, body, signal }: HttpCall): ClientRequest {
  const headers = {
    accept: "application/json",
    "accept-encoding": "gzip",
    authorization: `Bearer ${token}`,
    ...(body === null
      ? {}
      : { "content-type": body.contentType, "content-length": body.bytes.byteLength }),
  };
  // A kept connection may close just when it is used again, and then nobody knows whether the call
  // arrived. So each call has its own connection.
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
    // Leaving the loop early cancels the body. So an endless body costs no more than the bound.
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > maxBytes) return null;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    // The status line is known, so the answer counts; only the body is lost.
    return null;
  }
}
