import { createHmac, timingSafeEqual } from "node:crypto";

/** The form of `X-Hub-Signature`, for the webhook of a Jira administrator that has a secret. */
const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/** Whether a header has the form of Jira's signature; only then a secret can have made it. */
export function isJiraSignature(signature: string): boolean {
  return SIGNATURE.test(signature);
}

/**
 * True if `signature`, the value of `X-Hub-Signature`, was made with `secret` over the raw body:
 * HMAC with SHA-256, in hex. It covers no time, so an old request can be sent again; the
 * idempotency key is the guard against that.
 */
export function isSignedByJira(secret: string, signature: string, rawBody: Uint8Array): boolean {
  const hex = SIGNATURE.exec(signature)?.[1];
  if (hex === undefined) return false;
  const expected = createHmac("sha256", secret).update(rawBody).digest();
  return timingSafeEqual(Buffer.from(hex, "hex"), expected);
}
