import { createHash, timingSafeEqual } from "node:crypto";

import type { Caller } from "./caller.ts";
import { isSignedByJira } from "./jira-signature.ts";
import type { SignedMessage } from "./standard-webhooks.ts";
import { isSignedWith, messageTrouble } from "./standard-webhooks.ts";

/** What a request shows of its sender; `get` takes a lower-case name, and a web `Headers` fits. */
export interface ShownRequest {
  readonly headers: { get(name: string): string | null };
  readonly rawBody: Uint8Array;
}

/**
 * Who calls. `messageId` is the signed `webhook-id`, the sender's own idempotency key, null for the
 * other ways to call. `why` is for the sender to read, and the same for a wrong credential as for
 * an unknown one.
 */
export type Authenticated =
  | { readonly kind: "caller"; readonly caller: Caller; readonly messageId: string | null }
  | { readonly kind: "nobody"; readonly why: string };

/**
 * Finds the caller by the first credential shown: a bearer key, a Standard Webhooks signature,
 * Jira's signature, in that order. A credential that is wrong is not made up for by another.
 * `nowMs` is epoch milliseconds. Whatever the headers hold, it answers; and its work does not
 * depend on which caller matches.
 */
export function authenticate(
  callers: readonly Caller[],
  request: ShownRequest,
  nowMs: number,
): Authenticated {
  if (callers.length === 0) {
    return nobody("no caller is configured yet, so every request is refused; set CALLERS");
  }
  const bearer = /^Bearer\b(.*)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return byKey(callers, bearer.trim());
  if (request.headers.get("webhook-signature") !== null) return byMessage(callers, request, nowMs);
  const jira = request.headers.get("x-hub-signature");
  if (jira !== null) return byJira(callers, jira, request.rawBody);
  return nobody("send 'Authorization: Bearer <key>', or sign the request after Standard Webhooks");
}

function byKey(callers: readonly Caller[], key: string): Authenticated {
  const shown = createHash("sha256").update(key).digest();
  const caller = theOne(callers, (candidate) => holdsKey(candidate, shown));
  return caller === null ? nobody("no caller has this key") : found(caller, null);
}

function holdsKey(caller: Caller, shown: Buffer): boolean {
  if (caller.key === undefined) return false;
  const held = Buffer.from(caller.key.slice("sha256:".length), "hex");
  return held.byteLength === shown.byteLength && timingSafeEqual(held, shown);
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
    : found(caller, message.id);
}

function byJira(callers: readonly Caller[], signature: string, rawBody: Uint8Array): Authenticated {
  const caller = theOne(callers, ({ jira }) =>
    anyOf(jira, (secret) => isSignedByJira(secret, signature, rawBody)),
  );
  return caller === null ? nobody("no caller's secret made this signature") : found(caller, null);
}

/**
 * The caller that matches, having asked all of them, so that time does not tell how far down the
 * list it stands.
 */
function theOne(callers: readonly Caller[], matches: (caller: Caller) => boolean): Caller | null {
  let match: Caller | null = null;
  for (const caller of callers) {
    if (matches(caller)) match = caller;
  }
  return match;
}

/** Whether any secret matches, having tried every one. */
function anyOf(
  secrets: readonly string[] | undefined,
  matches: (secret: string) => boolean,
): boolean {
  return (secrets ?? []).filter(matches).length > 0;
}

function found(caller: Caller, messageId: string | null): Authenticated {
  return { kind: "caller", caller, messageId };
}

function nobody(why: string): Authenticated {
  return { kind: "nobody", why };
}
