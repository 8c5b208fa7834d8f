import { randomUUID } from "node:crypto";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as sendRequest } from "node:http";
import { pipeline } from "node:stream/promises";
import type { RegisteredFunction, TypedValue } from "./functions-core.ts";
import { headersOf, mayPass, refuse, tooLong } from "./http-message.ts";
import type { HostLog, Invoke, InvocationOutcome } from "./invoke.ts";

/** One request and its answer; `url` is the address that was asked for. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

interface ForwardParts {
  readonly invoke: Invoke;
  readonly log: HostLog;
  readonly port: number;
  readonly bodyLimit: number;
}

/**
 * Runs an HTTP function in stream mode: the library is told of the invocation and, beside it, gets
 * the request itself on its own port; what it answers there streams to the client once the whole
 * body has been sent, as in the real host, whose HTTP client reads no answer before that. A body
 * over the limit and a function that fails before its answer has begun are an empty 500; afterwards
 * the connection breaks, so that nobody takes half a body for a whole one.
 */
export async function forwardRequest(
  parts: ForwardParts,
  target: RegisteredFunction,
  params: Readonly<Record<string, string>>,
  exchange: Exchange,
): Promise<void> {
  const { request, response } = exchange;
  const invocationId = randomUUID();
  const report = (message: string): void => parts.log("error", target.metadata.name, message);
  // The library must not close the connection after an early answer: what is on its way would then
  // break it, and the answer with it.
  const agent = new Agent({ keepAlive: true });
  const forwarded = sendForward(parts.port, invocationId, agent, exchange);
  const answered = answerOf(forwarded);
  let outcome: InvocationOutcome | null = null;
  const triggerMetadata = metadataOf(exchange, params);
  void parts.invoke(target, { data: {}, triggerMetadata, invocationId }).then((ended) => {
    outcome = ended;
    if (!answersItself(ended)) forwarded.destroy();
  });
  // A client that goes away ends the forward as well; the handler cannot be cancelled and runs on.
  response.once("close", () => forwarded.destroy());
  try {
    if ((await sendBody(request, forwarded, parts.bodyLimit)) === "tooLong") {
      report(tooLong(parts.bodyLimit));
      return await refuse(request, response, 500);
    }
    const answer = await answered;
    if (answer !== null) {
      if (answer.headers[INVOCATION_HEADER] === undefined) report(LIBRARYS_OWN);
      return await relayAnswer(answer, response);
    }
    const status = statusWithoutAnswer(outcome);
    if (status === null && !response.destroyed) report("the library ended without an answer");
    await refuse(request, response, status ?? 500);
  } finally {
    forwarded.destroy();
    agent.destroy();
  }
}

/** The library answers by itself, unless the function failed or returned nothing at all. */
function answersItself(outcome: InvocationOutcome): boolean {
  return outcome.kind === "succeeded" && outcome.result !== undefined && outcome.result !== null;
}

/** What there is to say without the library; null when it should have spoken. */
function statusWithoutAnswer(outcome: InvocationOutcome | null): 204 | 500 | null {
  if (outcome === null || answersItself(outcome)) return null;
  return outcome.kind === "failed" ? 500 : 204;
}

/** What the library answers for a function has the id of the invocation. */
const INVOCATION_HEADER = "x-ms-invocation-id";

const LIBRARYS_OWN =
  "the library refused the request and called no function; on Azure it hangs until functionTimeout";

function metadataOf(
  { request, url }: Exchange,
  params: Readonly<Record<string, string>>,
): Record<string, TypedValue> {
  const query: Record<string, string> = {};
  for (const name of new Set(url.searchParams.keys())) {
    query[name] = url.searchParams.getAll(name).join(",");
  }
  const metadata: Record<string, TypedValue> = {
    Query: { json: JSON.stringify(query) },
    Headers: { json: JSON.stringify(headersOf(request)) },
  };
  for (const [name, value] of Object.entries(params)) metadata[name] = { string: value };
  return metadata;
}

/** Headers that speak of the client's own connection. */
const HOP_HEADERS: ReadonlySet<string> = new Set(["connection", "expect", "keep-alive", "upgrade"]);

function sendForward(
  port: number,
  invocationId: string,
  agent: Agent,
  { request, url }: Exchange,
): ClientRequest {
  const given = Object.entries(headersOf(request));
  return sendRequest({
    host: "127.0.0.1",
    port,
    method: request.method ?? "GET",
    path: `${url.pathname}${url.search}`,
    headers: {
      ...Object.fromEntries(given.filter(([name]) => !HOP_HEADERS.has(name.toLowerCase()))),
      // After the client's own, which they replace.
      [INVOCATION_HEADER]: invocationId,
      "x-forwarded-host": url.host,
      "x-forwarded-proto": "http",
    },
    agent,
  });
}

/** The head of the library's answer; null when the connection ends without one. */
function answerOf(forwarded: ClientRequest): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    forwarded.once("response", resolve);
    forwarded.on("error", () => resolve(null));
    forwarded.once("close", () => resolve(null));
  });
}

/**
 * Sends a request's body at the library's pace, until it is sent, too long, or one of the two
 * connections is `over`. What is not sent stays to be read.
 */
function sendBody(
  request: IncomingMessage,
  forwarded: ClientRequest,
  limit: number,
): Promise<"sent" | "tooLong" | "over"> {
  return new Promise((resolve) => {
    let length = 0;
    const end = (how: "sent" | "tooLong" | "over"): void => {
      request.off("data", take);
      resolve(how);
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) return end("tooLong");
      // Not "drain": Node's client tells of it no more once the answer is whole.
      if (!forwarded.write(chunk, () => request.resume())) request.pause();
    };
    forwarded.once("close", () => end("over"));
    request.once("error", () => end("over"));
    request.once("end", () => forwarded.end(() => end("sent")));
    request.on("data", take);
  });
}

/** Settles when the client has the whole answer, or can get no more of it. */
async function relayAnswer(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.statusCode = answer.statusCode ?? 200;
  for (const [name, value] of Object.entries(answer.headers)) {
    const isLength = name === "content-length";
    if (value !== undefined && (isLength || mayPass(name))) response.setHeader(name, value);
  }
  await pipeline(answer, response).catch(() => response.destroy());
}
