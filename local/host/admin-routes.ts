import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { LoadedApp } from "./app-loader.ts";
import { readBody, refuse } from "./http-message.ts";
import type { HostLog, Invoke } from "./invoke.ts";
import { triggerOf } from "./invoke.ts";
import { manualInput } from "./manual-input.ts";

/** What the admin routes need of the host. */
export interface AdminParts {
  readonly app: LoadedApp;
  readonly invoke: Invoke;
  readonly log: HostLog;
  readonly bodyLimit: number;
}

const ManualRun = z.object({ input: z.unknown().optional() });

/**
 * The host's own routes: `GET /admin/host/status`, `GET|POST /admin/host/ping`, and `POST
 * /admin/functions/{name}` with `{"input": ...}`, which runs a function that has no HTTP trigger
 * and answers 202 before it has ended. A POST must say `application/json`: no web page can send
 * that to loopback without being asked first.
 */
export async function serveAdmin(
  parts: AdminParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  if (/^\/admin\/host\/ping\/?$/i.test(path)) return refuse(response, 200);
  if (/^\/admin\/host\/status\/?$/i.test(path)) {
    if (method !== "GET") return refuse(response, 405, { allow: "GET" });
    const body = JSON.stringify({ id: "local", state: "Running", version: "4.0.0" });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
    return;
  }
  const name = /^\/admin\/functions\/([^/]+)\/?$/i.exec(path)?.[1];
  if (name === undefined) return refuse(response, 404);
  if (method !== "POST") return refuse(response, 405, { allow: "POST" });
  await runManually(parts, name, request, response);
}

async function runManually(
  parts: AdminParts,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wanted = name.toLowerCase();
  const target = parts.app.functions.find((f) => f.metadata.name.toLowerCase() === wanted);
  if (target === undefined || /^httptrigger$/i.test(triggerOf(target).type)) {
    return refuse(response, 404);
  }
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    return refuse(response, 415);
  }
  const body = await readBody(request, parts.bodyLimit);
  if (body.kind !== "read") return refuse(response, 413, { connection: "close" });
  const asked = readManualRun(Buffer.from(body.bytes).toString("utf8"));
  if (asked === null) return refuse(response, 400);
  refuse(response, 202);
  await parts.invoke(target, manualInput(target, asked.input));
}

function readManualRun(text: string): z.infer<typeof ManualRun> | null {
  try {
    return ManualRun.safeParse(text === "" ? {} : JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
