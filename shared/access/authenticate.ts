import { createHash, timingSafeEqual } from "node:crypto";

import type { Caller } from "./caller.ts";
import { audiencesOf, fits } from "./entra-rule.ts";
import { looksLikeToken, verifyToken } from "./entra-token.ts";
import { isSignedByJira } from "./jira-signature.ts";
import type { Entra } from "./signing-keys.ts";
import type { SignedMessage } from "./standard-webhooks.ts";
import { isSignedWith, messageTrouble } from "./standard-webhooks.ts";

/**
 * What a request shows of its sender; `get` takes a lower-case name, so a web `Headers` is enough.
 */
export interface ShownRequest {
  readonly headers: { get(name: string): string | null };
  readonly rawBody: Uint8Array;
}

/** The ways to identify a caller; a caller may have several. */
export type Scheme = "key" | "entra" | "hmac" | "jira";

/** A known caller, and the way it was identified. */
export interface Known {
  readonly kind: "caller";
  readonly caller: Caller;
  readonly scheme: Scheme;
  /**
   * The signed `webhook-id`, which is the sender's idempotency key; null for the other ways to
   * call.
   */
  readonly messageId: string | null;
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
 * caller matches. It ignores headers that a platform in front may add for a signed-in user, because
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
  if (request.headers.get("webhook-signature") !== null) return byMessage(callers, request, nowMs);
  const jira = request.headers.get("x-hub-signature");
  if (jira !== null) return byJira(callers, jira, request.rawBody);
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

function byMessage(
  callers: readonly Caller[],
  request: ShownRequest,
  nowMs: number,
): Authenticated {
  const message: SignedMessage = {
    id: request.headers.get("webhook-id") ?? "",
    timestamp: request.headers.get("webhook-timestamp") ?? "",
    signature: request.headers.get("webhook-signature") ?? "",
    rawBody: request.rawBody,
  };
  const trouble = messageTrouble(message, nowMs);
  if (trouble !== null) return nobody(trouble);
  const caller = theOne(callers, ({ hmac }) =>
    anyOf(hmac, (secret) => isSignedWith(secret, message)),
  );
  return caller === null
    ? nobody("no caller's secret made this signature")
    : found(caller, "hmac", message.id);
}

function byJira(callers: readonly Caller[], signature: string, rawBody: Uint8Array): Authenticated {
  const caller = theOne(callers, ({ jira }) =>
    anyOf(jira, (secret) => isSignedByJira(secret, signature, rawBody)),
  );
  return caller === null
    ? nobody("no caller's secret made this signature")
    : found(caller, "jira", null);
}

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

function found(caller: Caller, scheme: Scheme, messageId: string | null): Known {
  return { kind: "caller", caller, scheme, messageId, objectId: null, isPerson: false };
}

function nobody(why: string): Authenticated {
  return { kind: "nobody", why };
}
