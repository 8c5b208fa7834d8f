import { randomUUID } from "node:crypto";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { request as sendRequest } from "node:http";
import { pipeline, Transform } from "node:stream";
import type { RegisteredFunction, TypedValue } from "./functions-core.ts";
import { flatHeaders, mayPass, refuse } from "./http-message.ts";
import type { Invoke } from "./invoke.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/**
 * Runs an HTTP function in stream mode: the library is told of the invocation and, beside it, gets
 * the request itself on its own port; what it answers there streams to the client. A function that
 * fails before its answer has begun is an empty 500; afterwards the connection breaks, so that
 * nobody takes half a body for a whole one.
 */
export async function forwardRequest(
  parts: { readonly invoke: Invoke; readonly port: number; readonly bodyLimit: number },
  target: RegisteredFunction,
  params: Readonly<Record<string, string>>,
  exchange: Exchange,
): Promise<void> {
  const invocationId = randomUUID();
  const headers = flatHeaders(exchange.request.headers);
  const forwarded = sendForward(parts.port, invocationId, headers, exchange);
  const relayed = relayAnswer(forwarded, exchange.response);
  const body = limitBytes(parts.bodyLimit, () => {
    refuseOnce(exchange.response, 413);
    forwarded.destroy();
  });
  // A client that goes away ends the forward as well; the handler cannot be cancelled and runs to
  // its end.
  pipeline(exchange.request, body, forwarded, () => undefined);
  const triggerMetadata: Record<string, TypedValue> = {
    Headers: { json: JSON.stringify(headers) },
  };
  for (const [name, value] of Object.entries(params)) triggerMetadata[name] = { string: value };
  const outcome = await parts.invoke(target, { data: {}, triggerMetadata, invocationId });
  if (outcome.kind === "failed") {
    refuseOnce(exchange.response, 500);
    forwarded.destroy();
  } else if (outcome.result === undefined || outcome.result === null) {
    // The library answers by itself, unless the function returned nothing at all.
    refuseOnce(exchange.response, 204);
    forwarded.destroy();
  }
  await relayed;
}

/** Headers that speak of the client's own connection. */
const HOP_HEADERS: ReadonlySet<string> = new Set(["connection", "expect", "keep-alive", "upgrade"]);

function sendForward(
  port: number,
  invocationId: string,
  headers: Readonly<Record<string, string>>,
  { request, url }: Exchange,
): ClientRequest {
  return sendRequest({
    host: "127.0.0.1",
    port,
    method: request.method ?? "GET",
    path: `${url.pathname}${url.search}`,
    headers: {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name))),
      "x-ms-invocation-id": invocationId,
      "x-forwarded-host": url.host,
      "x-forwarded-proto": "http",
    },
    agent: false,
  });
}

/** Settles when the client has the whole answer, or can get no more of it. */
function relayAnswer(forwarded: ClientRequest, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    forwarded.once("error", () => refuseOnce(response, 500));
    forwarded.once("response", (answer) => {
      response.statusCode = answer.statusCode ?? 200;
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined && mayPass(name)) response.setHeader(name, value);
      }
      response.removeHeader("x-ms-invocation-id");
      pipeline(answer, response, (error) => {
        if (error) response.destroy();
      });
    });
  });
}

function refuseOnce(response: ServerResponse, status: number): void {
  if (!response.headersSent) refuse(response, status);
  else if (!response.writableEnded) response.destroy();
}

function limitBytes(limit: number, onExceeded: () => void): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length <= limit) return done(null, chunk);
      onExceeded();
      done(new Error(`the body is longer than ${limit} bytes`));
    },
  });
}
