import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Answer, ByteStream, Call } from "./answer.ts";
import { sleepUntil } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { chooseFault, faultAnswer, hugeAnswer } from "./faults.ts";
import type { Fault } from "./fault-plan.ts";
import { advance } from "./machine-actions.ts";
import { LIBRARY_FILE_BYTES_MOST } from "./options.ts";
import { readForm, type FormPart } from "./multipart.ts";
import { route } from "./routes.ts";
import type { Tenant } from "./tenant.ts";

/** What the server needs of the simulator around it. */
export interface Surroundings {
  readonly tenant: Tenant;
  readonly clock: Clock;
  readonly faults: readonly Fault[];
  /** Aborts when the simulator closes. */
  readonly closing: AbortSignal;
  /** Writes the snapshot if something changed. */
  save(): void;
}

/** A body of the largest library file and the form around it. */
const BODY_BYTES_MOST = LIBRARY_FILE_BYTES_MOST + 1_048_576;

/** The HTTP server, not yet listening. */
export function createTenantServer(around: Surroundings): Server {
  return createServer((request, response) => {
    serve(around, request, response).catch((error: unknown) => {
      // A client that hangs up is its own affair; anything else is a bug and must be seen.
      if (!request.destroyed && !response.destroyed) {
        console.error("The Defender simulator could not answer", error);
      }
      response.destroy();
    });
  });
}

async function serve(
  around: Surroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) {
    response.writeHead(413, { Connection: "close" }).end();
    return;
  }
  const { tenant, clock, closing } = around;
  const form = await readForm(request.headers["content-type"] ?? "", body);
  const point = route(tenant, toCall(request, { body, form }, clock.nowMs())).point;
  const fault = point === null ? null : chooseFault(tenant, around.faults, point);
  if (fault?.fault === "drop-before") {
    around.save();
    response.destroy();
    return;
  }
  const delayMs = tenant.rules.ms(fault?.seconds ?? 0);
  if (fault?.fault === "slow") await sleepUntil(clock, clock.nowMs() + delayMs, closing);
  if (closing.aborted) return;
  const answer = execute(around, toCall(request, { body, form }, clock.nowMs()), fault);
  around.save();
  if (fault?.fault === "slow-after") await sleepUntil(clock, clock.nowMs() + delayMs, closing);
  if (fault?.fault === "drop-after") {
    response.destroy();
    return;
  }
  await send(around, response, answer, fault?.fault === "truncated");
}

/**
 * Decides and notes the call in one step, without waiting, so that calls never see each other half
 * done.
 */
function execute(around: Surroundings, call: Call, fault: Fault | null): Answer {
  const { tenant } = around;
  advance(tenant, call.nowMs);
  const routed = route(tenant, call);
  const instead = fault === null ? null : faultAnswer(tenant, fault);
  if (instead !== null && fault?.fault.endsWith("-after") !== true) {
    routed.refuse(instead);
    return instead;
  }
  const answer = routed.answer(fault?.fault ?? null);
  if (instead !== null) return instead;
  return fault?.fault === "huge" ? hugeAnswer(answer) : answer;
}

function toCall(
  request: IncomingMessage,
  { body, form }: { body: Uint8Array; form: readonly FormPart[] | null },
  nowMs: number,
): Call {
  const url = new URL(request.url ?? "/", "http://simulator");
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const { pathname: path, searchParams: query } = url;
  return { method: request.method ?? "GET", path, query, headers, body, form, nowMs };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > BODY_BYTES_MOST) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function send(
  around: Surroundings,
  response: ServerResponse,
  answer: Answer,
  truncated: boolean,
): Promise<void> {
  const body = asStream(answer.body);
  response.writeHead(answer.status, {
    Date: new Date(around.clock.nowMs()).toUTCString(),
    ...answer.headers,
    ...(answer.status === 204 ? {} : { "Content-Length": body.length }),
  });
  let left = truncated ? Math.floor(body.length / 2) : body.length;
  for (const chunk of body.chunks()) {
    if (left <= 0 || response.destroyed || around.closing.aborted) break;
    const more = response.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (!more && !response.destroyed) await drained(response);
  }
  if (!truncated) response.end();
  // What was written must leave before the connection breaks, or the client sees a plain reset.
  else response.socket?.end(() => response.destroy());
}

/** Until there is room again, or the client has gone. */
async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  const until = (event: "drain" | "close") =>
    once(response, event, { signal: stop.signal }).catch(() => undefined);
  await Promise.race([until("drain"), until("close")]);
  stop.abort();
}

function asStream(body: Answer["body"]): ByteStream {
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return body;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return { length: bytes.length, chunks: () => (bytes.length === 0 ? [] : [bytes]) };
}
