import type { FormPart } from "./multipart.ts";
import { guid } from "./random.ts";
import type { Tenant } from "./tenant.ts";

/** What a route answers; the server adds `Date` and `Content-Length`. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | ByteStream;
}

/** A body too large to hold; `length` in bytes is exact. */
export interface ByteStream {
  readonly length: number;
  chunks(): Iterable<Uint8Array>;
}

/** A call as the routes see it: path without query, header names in lower case. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The parts of a body that is a form, else null. */
  readonly form: readonly FormPart[] | null;
  readonly nowMs: number;
}

export function json(status: number, body: unknown): Answer {
  const headers = { "Content-Type": "application/json; odata.metadata=minimal" };
  return { status, headers, body: JSON.stringify(body) };
}

/** An entity or a collection in OData's envelope; `context` is the part after `$metadata#`. */
export function odata(status: number, context: string, body: object): Answer {
  const metadata = `https://api.security.microsoft.com/api/$metadata#${context}`;
  return json(status, { "@odata.context": metadata, ...body });
}

/**
 * The documented error shape (common REST API error codes page); `target` is the correlation id.
 */
export function apiError(tenant: Tenant, status: number, code: string, message: string): Answer {
  tenant.state.correlations += 1;
  const target = guid(tenant.rules.seed, "correlation", tenant.state.correlations);
  return json(status, { error: { code, message, target } });
}

/** The same answer, with the header that says when to come again. */
export function withRetryAfter(answer: Answer, retryAfter: string): Answer {
  return { ...answer, headers: { ...answer.headers, "Retry-After": retryAfter } };
}

/**
 * The other shape, seen for query options the service does not know: empty code, `details`, no
 * `target`.
 */
export function queryError(message: string): Answer {
  const full = `The query specified in the URI is not valid. ${message}`;
  return json(400, { error: { code: "", message: full, details: [] } });
}

/** 429; `waitMs` null leaves `Retry-After` out. Whole seconds, rounded up, at least one. */
export function tooManyRequests(tenant: Tenant, message: string, waitMs: number | null): Answer {
  const refusal = apiError(tenant, 429, "TooManyRequests", message);
  if (waitMs === null) return refusal;
  return withRetryAfter(refusal, String(Math.max(1, Math.ceil(waitMs / 1_000))));
}

/** The `code` of an error answer, for the record; null when there is none. */
export function errorCode(answer: Answer): string | null {
  if (answer.status < 400 || typeof answer.body !== "string") return null;
  return /"code":"([^"]*)"/.exec(answer.body)?.[1] ?? null;
}
