import { gunzipSync } from "node:zlib";
import { MAX_BODY_BYTES } from "./read-body.ts";

/** A body after unpacking, or why there is none. */
export type Inflated =
  | { readonly kind: "inflated"; readonly body: Uint8Array }
  /** Another encoding than gzip; lrq takes only that. */
  | { readonly kind: "otherEncoding"; readonly detail: string }
  | { readonly kind: "tooLarge"; readonly detail: string }
  | { readonly kind: "broken"; readonly detail: string };

const GZIP = new Set(["gzip", "x-gzip"]);
const AS_IT_IS = new Set(["", "identity"]);

/**
 * Unpacks a body by its `Content-Encoding`: gzip, or none. At most 2,097,152 bytes before and
 * after. It stops at that size, so a zip bomb costs no more than the largest body. Never throws.
 */
export function inflate(body: Uint8Array, contentEncoding: string | null): Inflated {
  const encoding = contentEncoding?.trim().toLowerCase() ?? "";
  if (AS_IT_IS.has(encoding)) return { kind: "inflated", body };
  if (!GZIP.has(encoding)) return { kind: "otherEncoding", detail: OTHER };
  if (body.length > MAX_BODY_BYTES) return { kind: "tooLarge", detail: TOO_LARGE };
  try {
    return { kind: "inflated", body: gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES }) };
  } catch (error) {
    return isTooLarge(error)
      ? { kind: "tooLarge", detail: TOO_LARGE }
      : { kind: "broken", detail: "Send gzip, or leave Content-Encoding out; this is no gzip." };
  }
}

const OTHER = "Send the body as it is, or with Content-Encoding: gzip; nothing else is taken.";
const TOO_LARGE = `Send at most ${MAX_BODY_BYTES} bytes, counted before and after unpacking.`;

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
