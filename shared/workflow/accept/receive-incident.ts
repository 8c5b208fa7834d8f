import { createHash } from "node:crypto";
import { teamOf, type Caller } from "../../access/caller.ts";
import { mayDo, whyNot, whyNotInQuery } from "../../access/authorize.ts";
import { askedTrouble, targetsOf, type CallbackRules } from "../../callback/targets.ts";
import { SOURCES, type AskedCallback, type Source } from "../../incident/incident.ts";
import { inflate } from "../../incident/inflate.ts";
import { parseIncident } from "../../incident/parse-incident.ts";
import type { Problem } from "../../incident/problem.ts";
import { readBody } from "../../incident/read-body.ts";
import type { Caps } from "../../access/caps.ts";
import { accept, type Acceptance, type AcceptPorts, type AcceptSettings } from "./accept.ts";
import { admitCaller, type Admitted, type Doorkeeping, type RawRequest } from "./request.ts";

/** The possible results of a webhook. */
export type Received =
  | Acceptance
  | Exclude<Admitted, { kind: "admitted" }>
  /** Understood, and there is nothing to do. */
  | { readonly kind: "noted"; readonly detail: string }
  | { readonly kind: "noSuchSource"; readonly detail: string }
  | { readonly kind: "badBody"; readonly detail: string }
  | { readonly kind: "tooLarge"; readonly detail: string }
  | { readonly kind: "wrongType"; readonly detail: string };

export interface ReceiveSettings extends AcceptSettings, Doorkeeping {
  readonly callbacks: CallbackRules;
  readonly caps: Caps;
}

/** Query parameters of this form set the parameters of a profile. */
const PARAMETER = /^parameter\.([A-Za-z][A-Za-z0-9_-]{0,63})$/;
const KEY_CHARACTERS_MAX = 255;

/**
 * A webhook, from the raw request to the answer: checks who sends it and what it says, then calls
 * `accept`. Until all of that is in order it reads and writes nothing in storage.
 */
export async function receiveIncident(
  ports: AcceptPorts,
  settings: ReceiveSettings,
  request: RawRequest & { readonly source: string },
  nowMs: number,
): Promise<Received> {
  const source = sourceOf(request.source);
  const need = { right: "incident.submit" as const, scope: source === null ? {} : { source } };
  const admitted = await admitCaller(settings, request, need, nowMs);
  if (admitted.kind !== "admitted") return admitted;
  if (source === null) {
    return { kind: "noSuchSource", detail: `The source is one of ${SOURCES.join(", ")}.` };
  }
  const { caller } = admitted;
  const option = optionIn(request);
  const unsigned = option === null ? null : whyNotInQuery(admitted.scheme, option);
  if (unsigned !== null) return { kind: "forbidden", detail: unsigned };
  const again = request.query.get("again") === "true";
  const whyNotAgain = again ? whyNot(caller, "again", { source }) : null;
  if (whyNotAgain !== null) return { kind: "forbidden", detail: whyNotAgain };
  // A signed id comes first. The header is not signed, so with another header a replay would look
  // new.
  const idempotencyKey = admitted.messageId ?? request.headers.get("idempotency-key");
  if (idempotencyKey !== null && !isKey(idempotencyKey)) return badKey();
  const body = bodyIn(request);
  if (body.kind !== "read") return body;
  const incident = parseIncident(source, body.json);
  if (incident.kind === "lifecycle") return noted(ports, caller.name, incident.events);
  if (incident.kind !== "parsed") return incident;
  const asked = callbackIn(request) ?? incident.value.callback;
  const refused = asked === null ? null : askedTrouble(caller, asked, settings.callbacks);
  if (refused !== null)
    return { kind: "invalid", problems: [{ path: "callback", message: refused }] };
  return await accept(ports, settings, {
    incident: incident.value,
    caller: caller.name,
    team: teamOf(caller),
    objectId: admitted.objectId,
    asked: askedIn(request),
    caps: capsOf(caller, settings.caps),
    callbacks: targetsOf(caller, incident.value, asked, settings.callbacks),
    idempotencyKey,
    requestHash: requestHash(request),
    again,
    mayUse: (profile) => mayDo(caller, "incident.submit", { source, profile }),
  });
}

const OPTIONS: ReadonlySet<string> = new Set(["profile", "again", "callback"]);

/** The first query parameter that changes what is run, or who is told; null if there is none. */
function optionIn({ query }: RawRequest): string | null {
  const names = [...query.entries()].map(([name]) => name);
  return names.find((name) => OPTIONS.has(name) || PARAMETER.test(name)) ?? null;
}

/** The JSON of a body, if it has the type that it names. */
function bodyIn({
  headers,
  rawBody,
}: RawRequest):
  | { readonly kind: "read"; readonly json: unknown }
  | Extract<Received, { kind: "badBody" | "tooLarge" | "wrongType" }> {
  if (!isJson(headers.get("content-type"))) {
    return { kind: "wrongType", detail: "Send the body as application/json." };
  }
  const inflated = inflate(rawBody, headers.get("content-encoding"));
  if (inflated.kind === "otherEncoding") return { kind: "wrongType", detail: inflated.detail };
  if (inflated.kind === "broken") return { kind: "badBody", detail: inflated.detail };
  if (inflated.kind === "tooLarge") return inflated;
  const body = readBody(inflated.body);
  if (body.kind === "tooLarge") return { kind: "tooLarge", detail: body.problem.message };
  if (body.kind !== "read") return { kind: "badBody", detail: body.problem.message };
  return body;
}

/** The subscription is not ours, so its owner has to act; they look into the log. */
function noted(
  { log }: AcceptPorts,
  caller: string,
  events: readonly string[],
): Extract<Received, { kind: "noted" }> {
  log("warn", "graphLifecycle", { caller, events: events.join(", ") });
  const detail =
    `Noted in the log: ${events.join(", ")}. Whoever made the subscription has to renew it; ` +
    "lrq starts nothing.";
  return { kind: "noted", detail };
}

/** The caller's own caps replace those for everybody; none can raise the cap of the tenant. */
function capsOf({ caps }: Caller, { perIncident, perCallerDay, perDay }: Caps): Caps {
  return {
    perIncident: caps?.perIncident ?? perIncident,
    perCallerDay: caps?.perDay ?? perCallerDay,
    perDay,
  };
}

function sourceOf(text: string): Source | null {
  return SOURCES.find((source) => source === text.toLowerCase()) ?? null;
}

/** If a sender names no type, the body decides. If it names a wrong type, it is refused. */
function isJson(contentType: string | null): boolean {
  return contentType === null || /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType);
}

function isKey(key: string): boolean {
  return key.length > 0 && key.length <= KEY_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(key);
}

function badKey(): Received {
  const message = `Send 1 to ${KEY_CHARACTERS_MAX} visible ASCII characters.`;
  const problems: Problem[] = [{ path: "Idempotency-Key", message }];
  return { kind: "invalid", problems };
}

function askedIn({ query }: RawRequest): {
  profile: string | null;
  parameters: Record<string, string>;
} {
  const parameters = new Map<string, string>();
  for (const [name, value] of query.entries()) {
    const parameter = PARAMETER.exec(name)?.[1];
    if (parameter !== undefined) parameters.set(parameter, value);
  }
  return { profile: query.get("profile"), parameters: Object.fromEntries(parameters) };
}

/** The callback address in the query, for senders whose body has no place for it. */
function callbackIn({ query }: RawRequest): AskedCallback | null {
  const url = query.get("callback");
  return url === null ? null : { url, events: null };
}

/** What has to be the same in a second request with this Idempotency-Key: path, query and body. */
function requestHash({ source, query, rawBody }: RawRequest & { source: string }): string {
  const asked = [...query.entries()].map(([name, value]) => JSON.stringify([name, value])).sort();
  const hash = createHash("sha256");
  return hash.update(`${source.toLowerCase()} ${asked.join()}\n`).update(rawBody).digest("hex");
}
