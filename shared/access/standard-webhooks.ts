import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The three headers of a Standard Webhooks message (specification 1.0.0), and the bytes that are
 * signed.
 */
export interface SignedMessage {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly rawBody: Uint8Array;
}

/** How far the sender's clock and ours may differ, either way; the reference library's figure. */
const TOLERANCE_SECONDS = 300;

/**
 * Most signatures that are tried. A sender signs twice while it changes its secret, and nobody
 * needs more.
 */
const MAX_SIGNATURES = 8;

/**
 * Without dots: a dot separates id and timestamp in the signed text, and a dot in the id could move
 * that border.
 */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/**
 * What is wrong with a message before any secret is tried, in words for its sender; null if nothing
 * is.
 */
export function messageTrouble(
  message: Omit<SignedMessage, "rawBody">,
  nowMs: number,
): string | null {
  if (!MESSAGE_ID.test(message.id)) {
    return "the header webhook-id is missing or is not 1 to 256 visible characters without a dot";
  }
  if (!/^\d{1,12}$/.test(message.timestamp)) {
    return "the header webhook-timestamp is missing or is not in whole seconds since 1970";
  }
  const ageMs = nowMs - Number(message.timestamp) * 1_000;
  if (ageMs > TOLERANCE_SECONDS * 1_000) {
    return `the message was signed more than ${TOLERANCE_SECONDS} seconds ago`;
  }
  if (ageMs < -TOLERANCE_SECONDS * 1_000) {
    return `the message is dated more than ${TOLERANCE_SECONDS} seconds ahead; check the clocks`;
  }
  if (signaturesIn(message.signature).length === 0) {
    return "the header webhook-signature is missing or has no v1 signature";
  }
  return null;
}

/**
 * True if one of the message's v1 signatures was made with `secret` (`whsec_…`). Every signature is
 * compared, each in constant time; other versions are skipped, as the specification says. The age
 * is not checked here.
 */
export function isSignedWith(secret: string, message: SignedMessage): boolean {
  const expected = digestOf(secret, message);
  if (expected === null) return false;
  let matches = false;
  for (const signature of signaturesIn(message.signature)) {
    matches = timingSafeEqual(signature, expected) || matches;
  }
  return matches;
}

/**
 * The value of the header `webhook-signature`, one signature for each secret. Throws if one is no
 * secret; the settings are checked before.
 */
export function signatureOf(
  secrets: readonly string[],
  message: Omit<SignedMessage, "signature">,
): string {
  const signatures = secrets.map((secret) => {
    const digest = digestOf(secret, message);
    if (digest === null) throw new Error("a message cannot be signed with what is no secret");
    return `v1,${digest.toString("base64")}`;
  });
  return signatures.join(" ");
}

/** HMAC with SHA-256 over id, timestamp and body, joined by dots; null if `secret` is no secret. */
function digestOf(
  secret: string,
  { id, timestamp, rawBody }: Omit<SignedMessage, "signature">,
): Buffer | null {
  const key = keyOfSecret(secret);
  if (key === null) return null;
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(rawBody).digest();
}

/**
 * The 24 to 64 bytes (the lengths in the specification) after `whsec_`, from base64; otherwise
 * null.
 */
export function keyOfSecret(secret: string): Buffer | null {
  const encoded = SECRET.exec(secret)?.[1];
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, "base64");
  return key.byteLength >= 24 && key.byteLength <= 64 ? key : null;
}

/** The v1 signatures of the right length, 32 bytes; everything else in the header is ignored. */
function signaturesIn(header: string): Buffer[] {
  return header
    .split(" ", MAX_SIGNATURES)
    .filter((signature) => signature.startsWith("v1,"))
    .map((signature) => Buffer.from(signature.slice("v1,".length), "base64"))
    .filter((signature) => signature.byteLength === 32);
}
