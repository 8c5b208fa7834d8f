import { createHash } from "node:crypto";
import { teamOf } from "../../access/caller.ts";
import { whyNot, whyNotInQuery, whyNotProfile } from "../../access/authorize.ts";
import { askedTrouble, targetsOf, type CallbackRules } from "../../callback/targets.ts";
import { SOURCES, type AskedCallback, type Source } from "../../incident/incident.ts";
import { inflate } from "../../incident/inflate.ts";
import { parseIncident } from "../../incident/parse-incident.ts";
import type { Problem } from "../../incident/problem.ts";
import { readBody } from "../../incident/read-body.ts";
import { capsOf, type Caps } from "../../access/caps.ts";
import { accept, type Acceptance, type AcceptPorts, type AcceptSettings } from "./accept.ts";
import { dryRun, type DryRun } from "./dry-run.ts";
import {
  admitCaller,
  type Admitted,
  type Doorkeeping,
  type RawRequest,
  type Refused,
} from "./request.ts";

/** The possible results of a webhook. */
export type Received =
  | Acceptance
  | DryRun
  | Refused
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
 * `accept`. Until all of that is in order it reads and writes nothing in storage. A refusal leaves
 * a line in the log and nothing else.
 */
export async function receiveIncident(
  ports: AcceptPorts,
  settings: ReceiveSettings,
  request: RawRequest & { readonly source: string },
  nowMs: number,
): Promise<Received> {
  const source = sourceOf(request.source);
  const scope = source === null ? {} : { source };
  const admitted = await admitCaller(settings, request, { right: RIGHT, scope }, nowMs);
  const isIn = admitted.kind === "admitted";
  const received = isIn ? await judged(ports, settings, { request, source, admitted }) : admitted;
  if (!isServed(received)) {
    const by = isIn ? admitted.caller.name : admitted.by;
    const detail = detailOf(received).slice(0, DETAIL_CHARACTERS_MAX);
    ports.log("warn", "refused", { right: RIGHT, source, by, kind: received.kind, detail });
  }
  return received;
}

const RIGHT = "incident.submit";
/** So that a line of the log stays readable. Our own bound. */
const DETAIL_CHARACTERS_MAX = 1_000;

type Served = Extract<Received, { kind: "accepted" | "noted" | "dryRun" }>;

function isServed(received: Received): received is Served {
  return ["accepted", "noted", "dryRun"].includes(received.kind);
}

function detailOf(refused: Exclude<Received, Served>): string {
  if (refused.kind !== "invalid") return refused.detail;
  return refused.problems.map(({ path, message }) => `${path}: ${message}`).join(" ");
}

/** A request whose caller may send for its source. */
interface KnownRequest {
  readonly request: RawRequest & { readonly source: string };
  readonly source: Source | null;
  readonly admitted: Extract<Admitted, { kind: "admitted" }>;
}

async function judged(
  ports: AcceptPorts,
  settings: ReceiveSettings,
  { request, source, admitted }: KnownRequest,
): Promise<Received> {
  if (source === null) {
    return { kind: "noSuchSource", detail: `The source is one of ${SOURCES.join(", ")}.` };
  }
  const { caller, signed } = admitted;
  const forbidden = whyNotOptions(request, source, admitted);
  if (forbidden !== null) return { kind: "forbidden", detail: forbidden };
  const misread = misreadOption(request);
  if (misread !== null) return { kind: "invalid", problems: [misread] };
  // A signed id comes first. The header is not signed, so with another header a replay would look
  // new.
  const isMessage = signed !== null && signed.atSeconds !== null;
  const idempotencyKey = isMessage ? signed.id : request.headers.get("idempotency-key");
  if (idempotencyKey !== null && !isKey(idempotencyKey)) return badKey();
  const rawBody = await request.body();
  const body = bodyIn(request, rawBody);
  if (body.kind !== "read") return body;
  const incident = parseIncident(source, body.json);
  if (incident.kind === "lifecycle") return noted(ports, caller.name, incident.events);
  if (incident.kind !== "parsed") return incident;
  const asked = callbackIn(request) ?? incident.value.callback;
  const refused = asked === null ? null : askedTrouble(caller, asked, settings.callbacks);
  if (refused !== null)
    return { kind: "invalid", problems: [{ path: "callback", message: refused }] };
  const isDry = request.query.get("dryRun") === "true";
  return await (isDry ? dryRun : accept)(ports, settings, {
    incident: incident.value,
    caller: caller.name,
    team: teamOf(caller),
    objectId: admitted.objectId,
    asked: askedIn(request),
    caps: capsOf(caller, settings.caps),
    callbacks: targetsOf(caller, incident.value, asked, settings.callbacks),
    idempotencyKey,
    requestHash: requestHash(request, rawBody),
    signedAtSeconds: signed?.atSeconds ?? null,
    again: asksAgain(request),
    whyNotUse: (profile) => {
      const isPinned = settings.catalogue.get(profile)?.profile.pinned ?? true;
      return whyNotProfile(caller, { source, profile, isPinned });
    },
  });
}

/** Why the caller may not ask for what stands in the query; null if it may. */
function whyNotOptions(
  request: RawRequest,
  source: Source,
  { caller, scheme }: KnownRequest["admitted"],
): string | null {
  const option = optionIn(request);
  const unsigned = option === null ? null : whyNotInQuery(scheme, option);
  return unsigned ?? (asksAgain(request) ? whyNot(caller, "again", { source }) : null);
}

function asksAgain({ query }: RawRequest): boolean {
  return query.get("again") === "true";
}

const OPTIONS: ReadonlySet<string> = new Set(["profile", "again", "callback", "dryRun"]);

/** The first query parameter that changes what is run, or who is told; null if there is none. */
function optionIn({ query }: RawRequest): string | null {
  const names = [...query.entries()].map(([name]) => name);
  return names.find((name) => OPTIONS.has(name) || PARAMETER.test(name)) ?? null;
}

/** The JSON of a body, if it has the type that it names. */
function bodyIn(
  { headers }: RawRequest,
  rawBody: Uint8Array,
):
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

/** What lrq would not see or not understand must not start what was only to be tried. */
function misreadOption({ query }: RawRequest): Problem | null {
  for (const [name, value] of query.entries()) {
    const option = [...OPTIONS].find((each) => each.toLowerCase() === name.toLowerCase());
    if (option === undefined) continue;
    if (option !== name) return { path: name, message: `Write it as ${option}.` };
    const isWord = option !== "dryRun" || value === "true" || value === "false";
    if (!isWord) return { path: name, message: "Send true or false." };
  }
  return null;
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
function requestHash(
  { source, query }: RawRequest & { source: string },
  rawBody: Uint8Array,
): string {
  const asked = [...query.entries()].map(([name, value]) => JSON.stringify([name, value])).sort();
  const hash = createHash("sha256");
  return hash.update(`${source.toLowerCase()} ${asked.join()}\n`).update(rawBody).digest("hex");
}
