import { createHash } from "node:crypto";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";

/**
 * The answer to a GET with the ETag of its JSON: the hash of the whole body. If the caller has this
 * body already, it is a 304 without one. Every other answer stays as it is.
 */
export function conditional(
  { method, headers }: Pick<HttpRequest, "method" | "headers">,
  answer: HttpResponseInit,
): HttpResponseInit {
  const { status = 200, body } = answer;
  if (method !== "GET" || status !== 200 || typeof body !== "string") return answer;
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  const all = new Headers(answer.headers);
  all.set("etag", etag);
  if (!names(headers.get("if-none-match"), etag)) return { ...answer, headers: all };
  all.delete("content-type");
  return { status: 304, headers: all };
}

/** A proxy that compresses an answer makes its ETag a weak one; the JSON is the same. */
function names(condition: string | null, etag: string): boolean {
  const tags = (condition ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.some((tag) => tag === etag || tag === "*");
}
