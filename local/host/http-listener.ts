import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { isLoopback } from "../../shared/loopback.ts";
import { serveAdmin } from "./admin-routes.ts";
import type { LoadedApp } from "./app-loader.ts";
import type { RegisteredFunction } from "./functions-core.ts";
import type { Exchange } from "./http-forward.ts";
import { forwardRequest } from "./http-forward.ts";
import { readBody, refuse, requestOf, tooLong, writeResponse } from "./http-message.ts";
import type { HostLog, Invoke } from "./invoke.ts";
import { describeError, triggerOf } from "./invoke.ts";
import type { Router } from "./router.ts";
import { createRouter } from "./router.ts";

export interface HttpListener {
  readonly url: string;
  /** Takes no new connection and returns once every request is answered. */
  stop(): Promise<void>;
  /** Breaks whatever connection is left. */
  abort(): void;
}

export interface HttpListenerParts {
  readonly app: LoadedApp;
  readonly routePrefix: string;
  readonly invoke: Invoke;
  readonly log: HostLog;
  /** Bytes of a request body; a longer one is answered with 500, as the real host does. */
  readonly bodyLimit: number;
  /** Asked of functions whose authLevel is not anonymous; null asks nothing, as Core Tools does. */
  readonly functionKey: string | null;
  /** Asked of `/admin`, and good for every function; null lets nobody in. */
  readonly masterKey: string | null;
}

/** Kestrel's limit of all request headers together, in bytes. */
export const HEADER_BYTES_MAX = 32_768;

/** Where an HTTP function of an app is found. */
export interface HttpRoute {
  readonly template: string;
  readonly methods: readonly string[];
}

/**
 * The route and methods of a function with an HTTP trigger; a function without a route is found by
 * its name.
 */
export function httpRouteOf(target: RegisteredFunction): HttpRoute {
  const { route, methods } = triggerOf(target).settings;
  const listed = Array.isArray(methods) ? methods.map(String) : ["GET", "POST"];
  return {
    template: typeof route === "string" && route !== "" ? route : target.metadata.name,
    methods: listed.map((method) => method.toUpperCase()),
  };
}

/**
 * Serves the HTTP functions of an app on loopback. Throws when routes are refused or the port is
 * taken (`port` 0 takes any free one).
 */
export async function listenHttp(port: number, parts: HttpListenerParts): Promise<HttpListener> {
  const routed = parts.app.functions.filter((f) => /^httptrigger$/i.test(triggerOf(f).type));
  const router = createRouter(
    parts.routePrefix,
    routed.map((target) => {
      const { template, methods } = httpRouteOf(target);
      return { template, methods, target };
    }),
  );
  let stopping = false;
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    // A connection kept alive would hold up the stop once its last answer is out.
    response.once("close", () => setImmediate(() => stopping && server.closeIdleConnections()));
    answer(parts, router, request, response).catch((error: unknown) => {
      parts.log("error", "http", describeError(error));
      if (response.headersSent) response.destroy();
      else void refuse(request, response, 500);
    });
  });
  const url = await listen(server, port);
  return {
    url,
    abort: () => server.closeAllConnections(),
    async stop() {
      stopping = true;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} is taken: set PORT to another one, or to 0 for any free one`;
      reject(error.code === "EADDRINUSE" ? new Error(taken, { cause: error }) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

async function answer(
  parts: HttpListenerParts,
  router: Router<RegisteredFunction>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = requestUrl(request);
  if (url === null) return await refuse(request, response, 400);
  if (/^\/admin(?:\/|$)/i.test(url.pathname)) {
    // A page of somebody's whose name leads here has that name in it (DNS rebinding).
    if (!isLoopback(url.hostname)) return await refuse(request, response, 403);
    const isMaster = parts.masterKey !== null && keyIn(request, url) === parts.masterKey;
    return await serveAdmin({ ...parts, isMaster }, url.pathname, request, response);
  }
  const match = router(request.method ?? "GET", url.pathname);
  if (match.kind === "notFound") {
    if (url.pathname === "/") return welcome(response);
    return await refuse(request, response, 404);
  }
  if (!holdsKey(parts, match.target, url, request)) return await refuse(request, response, 401);
  await run(parts, match.target, match.params, { request, response, url });
}

/** The real host has a page of its own at its root. */
function welcome(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<!doctype html><title>Functions</title><p>The local Functions host is running.\n");
}

/** The address the client asked for; null when it makes no sense, or has a NUL in its path. */
function requestUrl(request: IncomingMessage): URL | null {
  const asked = request.url ?? "/";
  const whole = asked.startsWith("/")
    ? `http://${request.headers.host ?? "localhost"}${asked}`
    : asked;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  return url?.pathname.includes("%00") === true ? null : url;
}

function holdsKey(
  parts: HttpListenerParts,
  target: RegisteredFunction,
  url: URL,
  request: IncomingMessage,
): boolean {
  const { authLevel } = triggerOf(target).settings;
  if (parts.functionKey === null || authLevel === "anonymous") return true;
  const given = keyIn(request, url);
  return given !== null && [parts.functionKey, parts.masterKey].includes(given);
}

function keyIn(request: IncomingMessage, url: URL): string | null {
  const given = request.headers["x-functions-key"] ?? url.searchParams.get("code");
  return typeof given === "string" ? given : null;
}

async function run(
  parts: HttpListenerParts,
  target: RegisteredFunction,
  params: Readonly<Record<string, string>>,
  exchange: Exchange,
): Promise<void> {
  const { request, response, url } = exchange;
  const refuseTooLong = async (): Promise<void> => {
    parts.log("error", target.metadata.name, tooLong(parts.bodyLimit));
    await refuse(request, response, 500);
  };
  if (Number(request.headers["content-length"] ?? 0) > parts.bodyLimit)
    return await refuseTooLong();
  if (parts.app.stream !== null) {
    const { port } = parts.app.stream;
    return await forwardRequest({ ...parts, port }, target, params, exchange);
  }
  const body = await readBody(request, parts.bodyLimit);
  if (body.kind === "tooLarge") return await refuseTooLong();
  if (body.kind === "broken") {
    response.destroy();
    return;
  }
  const http = { ...requestOf(request, url), params, body: { bytes: body.bytes } };
  const outcome = await parts.invoke(target, { data: { http }, triggerMetadata: {} });
  if (outcome.kind === "failed") return await refuse(request, response, 500);
  const answer = outcome.response.returnValue?.http;
  // Nothing returned is 204 (host version 2 and later).
  if (answer === undefined) return await refuse(request, response, 204);
  writeResponse(response, answer);
}
