import { createHash } from "node:crypto";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { SAFE_HEADERS } from "./answer.ts";

/**
 * The answer to a GET with the ETag of its JSON: its own, or the hash of the whole body. If the
 * caller has this body already, it is a 304 without one. Every other answer stays as it is.
 */
export function conditional(
  request: Pick<HttpRequest, "method" | "headers">,
  answer: HttpResponseInit,
): HttpResponseInit {
  const { status = 200, body } = answer;
  if (request.method !== "GET" || status !== 200 || typeof body !== "string") return answer;
  const all = new Headers(answer.headers);
  const etag = all.get("etag") ?? `"${createHash("sha256").update(body).digest("base64url")}"`;
  all.set("etag", etag);
  return unchanged(request, etag, all) ?? { ...answer, headers: all };
}

/** The 304 for a caller that has the answer with this ETag; null for one that has not. */
export function unchanged(
  request: Pick<HttpRequest, "headers">,
  etag: string,
  headers: Headers = new Headers({ ...SAFE_HEADERS, etag }),
): HttpResponseInit | null {
  if (!names(request.headers.get("if-none-match"), etag)) return null;
  headers.delete("content-type");
  return { status: 304, headers };
}

/** A proxy that compresses an answer makes its ETag a weak one; the JSON is the same. */
function names(condition: string | null, etag: string): boolean {
  const tags = (condition ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.some((tag) => tag === etag || tag === "*");
}
