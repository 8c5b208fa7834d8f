import { createHash, timingSafeEqual } from "node:crypto";

import type { Caller } from "./caller.ts";
import { audiencesOf, fits } from "./entra-rule.ts";
import { looksLikeToken, verifyToken } from "./entra-token.ts";
import { isJiraSignature, isSignedByJira } from "./jira-signature.ts";
import type { Entra } from "./signing-keys.ts";
import { isSignedWith, messageTrouble } from "./standard-webhooks.ts";

/**
 * What a request shows of its sender; `get` takes a lower-case name, so a web `Headers` is enough.
 */
export interface ShownRequest {
  readonly headers: { get(name: string): string | null };
  /** The caller that the address names, so that only its secrets are tried; null for any. */
  readonly named: string | null;
  /** The bytes as they were sent; asked for only if the headers can be those of a caller. */
  readonly body: () => Promise<Uint8Array>;
}

/** The ways to identify a caller; a caller may have several. */
export type Scheme = "key" | "entra" | "hmac" | "jira";

/**
 * What tells one signed message from another: `webhook-id`, and the time of this attempt to send it
 * in seconds since 1970; or Jira's signature, which covers no time.
 */
export interface SignedMessageId {
  readonly id: string;
  readonly atSeconds: number | null;
}

/** A known caller, and the way it was identified. */
export interface Known {
  readonly kind: "caller";
  readonly caller: Caller;
  readonly scheme: Scheme;
  /** Null without a signature. */
  readonly signed: SignedMessageId | null;
  /** With a token, who showed it, because one caller can stand for several people or apps. */
  readonly objectId: string | null;
  /**
   * True for the token of a person. The token of an app and all other credentials are of no person.
   */
  readonly isPerson: boolean;
}

/**
 * The result of authentication. `why` is for the sender, and does not tell a wrong credential from
 * an unknown one. `unavailable`: the tenant's keys could not be read, so a token can be neither
 * accepted nor refused.
 */
export type Authenticated =
  | Known
  | { readonly kind: "nobody"; readonly why: string }
  | { readonly kind: "unavailable"; readonly detail: string };

/**
 * Finds the caller by the first credential in this order: a bearer token or key, a Standard
 * Webhooks signature, Jira's signature. If that credential is wrong, no other one helps. `nowMs` is
 * epoch milliseconds. It returns an answer for any headers, and its work does not depend on which
 * caller matches. It reads the body only for a signature that can be a caller's, and compares it
 * with `SECRETS_TRIED_MAX` secrets at most. It ignores headers that a platform in front may add for a signed-in user, because
 * anybody who reaches the app past the platform could write them.
 */
export async function authenticate(
  callers: readonly Caller[],
  entra: Entra,
  request: ShownRequest,
  nowMs: number,
): Promise<Authenticated> {
  if (callers.length === 0) {
    return nobody("no caller is configured yet, so lrq refuses every request; set CALLERS");
  }
  const bearer = /^Bearer\b(.*)$/i.exec(request.headers.get("authorization") ?? "")?.[1]?.trim();
  if (bearer !== undefined) {
    return looksLikeToken(bearer)
      ? await byToken(callers, entra, bearer, nowMs)
      : byKey(callers, bearer);
  }
  if (request.headers.get("webhook-signature") !== null) {
    return await byMessage(callers, request, nowMs);
  }
  const jira = request.headers.get("x-hub-signature");
  if (jira !== null) return await byJira(callers, request, jira);
  return nobody("send 'Authorization: Bearer <key>', or sign the request as in Standard Webhooks");
}

async function byToken(
  callers: readonly Caller[],
  entra: Entra,
  token: string,
  nowMs: number,
): Promise<Authenticated> {
  const rules = callers.flatMap((caller) => caller.entra ?? []);
  const expected = {
    tenants: rules.map(({ tenant }) => tenant),
    audiences: rules.flatMap(audiencesOf),
  };
  const verified = await verifyToken(token, expected, entra, nowMs);
  if (verified.kind === "refused") return nobody(verified.why);
  if (verified.kind === "unavailable") return verified;
  const { claims } = verified;
  const [caller, ...more] = callers.filter((each) => each.entra && fits(each.entra, claims));
  if (caller === undefined) return nobody("no caller in CALLERS fits this token");
  if (more.length > 0) return nobody("several callers fit this token; correct CALLERS");
  return { ...found(caller, "entra", null), objectId: claims.oid, isPerson: claims.isPerson };
}

function byKey(callers: readonly Caller[], key: string): Authenticated {
  const shown = createHash("sha256").update(key).digest();
  const caller = theOne(callers, (candidate) => holdsKey(candidate, shown));
  return caller === null ? nobody("no caller has this key") : found(caller, "key", null);
}

function holdsKey(caller: Caller, shown: Buffer): boolean {
  if (caller.key === undefined) return false;
  const expected = Buffer.from(caller.key.slice("sha256:".length), "hex");
  return expected.byteLength === shown.byteLength && timingSafeEqual(expected, shown);
}

async function byMessage(
  callers: readonly Caller[],
  request: ShownRequest,
  nowMs: number,
): Promise<Authenticated> {
  const shown = {
    id: request.headers.get("webhook-id") ?? "",
    timestamp: request.headers.get("webhook-timestamp") ?? "",
    signature: request.headers.get("webhook-signature") ?? "",
  };
  const trouble = messageTrouble(shown, nowMs);
  if (trouble !== null) return nobody(trouble);
  return await bySecret(callers, request, {
    scheme: "hmac",
    signed: { id: shown.id, atSeconds: Number(shown.timestamp) },
    isBy: (secret, rawBody) => isSignedWith(secret, { ...shown, rawBody }),
  });
}

async function byJira(
  callers: readonly Caller[],
  request: ShownRequest,
  signature: string,
): Promise<Authenticated> {
  if (!isJiraSignature(signature)) return nobody(NO_SECRET);
  return await bySecret(callers, request, {
    scheme: "jira",
    signed: { id: signature.toLowerCase(), atSeconds: null },
    isBy: (secret, rawBody) => isSignedByJira(secret, signature, rawBody),
  });
}

/** A signature, and whether a secret made it over a body. */
interface Signature {
  readonly scheme: "hmac" | "jira";
  readonly signed: SignedMessageId;
  readonly isBy: (secret: string, rawBody: Uint8Array) => boolean;
}

/**
 * The most secrets that one signature is compared with, because each costs a hash of the whole
 * body, and a forger pays nothing. Our own bound: some senders, and one that changes its secret.
 */
export const SECRETS_TRIED_MAX = 8;

async function bySecret(
  callers: readonly Caller[],
  { named, body }: ShownRequest,
  { scheme, signed, isBy }: Signature,
): Promise<Authenticated> {
  const able = callers.filter(
    (each) => each[scheme] !== undefined && (named === null || each.name === named),
  );
  const secrets = able.flatMap((each) => each[scheme] ?? []);
  if (secrets.length > SECRETS_TRIED_MAX) return nobody(TOO_MANY_SECRETS);
  if (secrets.length === 0) return nobody(NO_SECRET);
  const rawBody = await body();
  const caller = theOne(able, (each) => anyOf(each[scheme], (secret) => isBy(secret, rawBody)));
  return caller === null ? nobody(NO_SECRET) : found(caller, scheme, signed);
}

const NO_SECRET = "no caller's secret made this signature";
const TOO_MANY_SECRETS =
  `callers have more than ${SECRETS_TRIED_MAX} secrets for signatures of this kind; ` +
  "name yours in the address: ?caller=<name>";

/**
 * The caller that matches. It tests all callers, so that the time does not show the position in the
 * list.
 */
function theOne(callers: readonly Caller[], matches: (caller: Caller) => boolean): Caller | null {
  let match: Caller | null = null;
  for (const caller of callers) {
    if (matches(caller)) match = caller;
  }
  return match;
}

/** Whether any secret matches; it tests every one. */
function anyOf(
  secrets: readonly string[] | undefined,
  matches: (secret: string) => boolean,
): boolean {
  return (secrets ?? []).filter(matches).length > 0;
}

function found(caller: Caller, scheme: Scheme, signed: SignedMessageId | null): Known {
  return { kind: "caller", caller, scheme, signed, objectId: null, isPerson: false };
}

function nobody(why: string): Authenticated {
  return { kind: "nobody", why };
}
