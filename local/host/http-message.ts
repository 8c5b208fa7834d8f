import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { CookieValue, HttpValue } from "./functions-core.ts";

/**
 * The request body limit of the Functions host, in bytes; FUNCTIONS_REQUEST_BODY_SIZE_LIMIT changes
 * it.
 */
export const DEFAULT_BODY_LIMIT = 104_857_600;

export type BodyReading =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "tooLarge" }
  /** The client went away before the last byte. */
  | { readonly kind: "broken" };

/** Reads a whole request body of at most `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<BodyReading> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk);
      length += bytes.length;
      if (length > limit) return { kind: "tooLarge" };
      chunks.push(bytes);
    }
  } catch {
    return { kind: "broken" };
  }
  return { kind: "read", bytes: Buffer.concat(chunks, length) };
}

/** Method, address and headers of a request as the library takes them. */
export function requestOf(request: IncomingMessage, url: URL): HttpValue {
  return {
    method: request.method ?? "GET",
    url: url.href,
    headers: flatHeaders(request.headers),
  };
}

/** Headers that came more than once are joined with a comma. */
export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

/** Answers with a status and no body. */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-length": "0", ...headers }).end();
}

/** Headers that belong to one connection, never to a function. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Whether a function may set a response header. */
export function mayPass(header: string): boolean {
  return !CONNECTION_HEADERS.has(header.toLowerCase());
}

/**
 * Sends what the library made of a function's return value; nothing returned is 204 (host version 2
 * and later).
 */
export function writeResponse(response: ServerResponse, value: HttpValue | undefined): void {
  if (value === undefined) return refuse(response, 204);
  const status = Number(value.statusCode ?? "200");
  const bytes = bodyBytes(value.body);
  response.statusCode = status;
  for (const [name, text] of Object.entries(value.headers ?? {})) {
    if (mayPass(name)) response.setHeader(name, text);
  }
  const cookies = (value.cookies ?? []).map(cookieText);
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  const bodyless = status === 204 || status === 304;
  if (!bodyless) response.setHeader("content-length", bytes.length);
  response.end(bodyless ? undefined : bytes);
}

function bodyBytes(body: HttpValue["body"]): Uint8Array {
  return body?.bytes ?? Buffer.from(body?.string ?? body?.json ?? "");
}

function cookieText(cookie: CookieValue): string {
  const parts = [`${cookie.name ?? ""}=${encodeURIComponent(cookie.value ?? "")}`];
  const seconds = cookie.expires?.value?.seconds;
  const sameSite = cookie.sameSite === "explicitNone" ? "none" : cookie.sameSite;
  if (cookie.maxAge?.value !== undefined) parts.push(`max-age=${cookie.maxAge.value}`);
  if (cookie.domain?.value !== undefined) parts.push(`domain=${cookie.domain.value}`);
  if (cookie.path?.value !== undefined) parts.push(`path=${cookie.path.value}`);
  if (seconds !== undefined) parts.push(`expires=${new Date(seconds * 1000).toUTCString()}`);
  if (cookie.secure?.value === true) parts.push("secure");
  if (cookie.httpOnly?.value === true) parts.push("httponly");
  if (sameSite !== undefined && cookie.sameSite !== "none") parts.push(`samesite=${sameSite}`);
  return parts.join("; ");
}
