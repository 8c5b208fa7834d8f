import type { IncomingMessage, ServerResponse } from "node:http";
import type { CookieValue, HttpValue } from "./functions-core.ts";

/**
 * The request body limit of the Functions host, in bytes; FUNCTIONS_REQUEST_BODY_SIZE_LIMIT changes
 * it.
 */
export const DEFAULT_BODY_LIMIT = 104_857_600;

/** What the log says of a body that is refused. */
export function tooLong(limit: number): string {
  return `the body is longer than ${limit} bytes`;
}

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
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
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
  return { method: request.method ?? "GET", url: url.href, headers: headersOf(request) };
}

/**
 * Headers under the names they came with. One that came more than once is joined with commas, every
 * one of them: Node itself would keep only the first of `Authorization` and some others.
 */
export function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const found = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const header = found.get(name.toLowerCase()) ?? { name, values: [] };
    header.values.push(value);
    found.set(name.toLowerCase(), header);
  }
  return Object.fromEntries(
    [...found.values()].map(({ name, values }) => [name, values.join(",")]),
  );
}

/**
 * Answers with a status and no body, after what is left of the request's: a connection that is
 * closed over unread bytes takes the answer with it.
 */
export async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
): Promise<void> {
  const isRead = await readRest(request);
  if (response.headersSent || response.destroyed) return;
  const closing = isRead ? {} : { connection: "close" };
  response.writeHead(status, { "content-length": "0", ...closing }).end();
}

/** How long Kestrel reads on after an answer (its request drain timeout). */
const READ_REST_MS = 5_000;

/** Reads and drops the rest of a body; whether that was all of it. */
async function readRest(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded) return true;
  if (request.destroyed) return false;
  return await new Promise((resolve) => {
    const timer = setTimeout(resolve, READ_REST_MS, false);
    const end = (isRead: boolean): void => {
      clearTimeout(timer);
      resolve(isRead);
    };
    request.once("end", () => end(true));
    request.once("error", () => end(false));
    request.once("close", () => end(false));
    request.resume();
  });
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

/** Sends what the library made of a function's return value. */
export function writeResponse(response: ServerResponse, value: HttpValue): void {
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
