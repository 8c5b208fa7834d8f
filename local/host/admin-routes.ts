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
  /** Whether the request has the master key. */
  readonly isMaster: boolean;
}

const ManualRun = z.object({ input: z.unknown().optional() });

/**
 * The host's own routes: `GET|POST /admin/host/ping` for anybody, and with the master key `GET
 * /admin/host/status` and `POST /admin/functions/{name}` with `{"input": ...}`, which runs a
 * function that has no HTTP trigger and answers 202 before it has ended. All else is 401 without
 * the key, 404 with it.
 */
export async function serveAdmin(
  parts: AdminParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = `${request.method ?? "GET"} ${path.replace(/\/$/, "")}`;
  if (/^(?:GET|POST) \/admin\/host\/ping$/i.test(asked))
    return await refuse(request, response, 200);
  if (!parts.isMaster) return await refuse(request, response, 401);
  if (/^GET \/admin\/host\/status$/i.test(asked)) {
    const body = JSON.stringify({ id: "local", state: "Running", version: "4.0.0" });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
    return;
  }
  const name = /^POST \/admin\/functions\/([^/]+)$/i.exec(asked)?.[1];
  if (name === undefined) return await refuse(request, response, 404);
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
    return await refuse(request, response, 404);
  }
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    return await refuse(request, response, 415);
  }
  const body = await readBody(request, parts.bodyLimit);
  const text = body.kind === "read" ? Buffer.from(body.bytes).toString("utf8") : null;
  const asked = text === null ? null : readManualRun(text);
  if (asked === null) return await refuse(request, response, text === null ? 500 : 400);
  await refuse(request, response, 202);
  await parts.invoke(target, manualInput(target, asked.input));
}

function readManualRun(text: string): z.infer<typeof ManualRun> | null {
  try {
    return ManualRun.safeParse(text === "" ? {} : JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
