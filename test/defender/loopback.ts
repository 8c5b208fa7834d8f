import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";

import { onTestFinished } from "vitest";

import { createDefender } from "../../shared/defender/client.ts";
import type { DefenderOptions } from "../../shared/defender/options.ts";
import type { Defender } from "../../shared/ports.ts";

/** What the server saw of one request. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Loopback {
  readonly host: string;
  readonly baseUrl: string;
  readonly seen: readonly Seen[];
}

/** A real HTTP server on loopback for the length of one test; `answer` speaks for Defender. */
export async function loopback(
  answer: (request: Seen, response: ServerResponse, host: string) => void,
): Promise<Loopback> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(pieces).toString() };
      seen.push(one);
      answer(one, response, headers.host ?? "");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not on a port");
  const { port } = address;
  return { host: `127.0.0.1:${port}`, baseUrl: `http://127.0.0.1:${port}`, seen };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** A body as Defender refuses with. */
export function refusal(code: string): unknown {
  return { error: { code, message: `words about ${code}`, target: "43f4cb08" } };
}

/** A client of that server with short patience; `more` replaces single options. */
export function clientOf(server: Loopback, more: Partial<DefenderOptions> = {}): Defender {
  return createDefender({
    baseUrl: server.baseUrl,
    getToken: async () => ({ token: "token-1", expiresAtMs: 3_600_000 }),
    nowMs: () => 0,
    timeouts: { submitMs: 5_000, readMs: 5_000, tokenMs: 5_000, stallMs: 5_000 },
    linkHosts: [server.host, "blob.core.windows.net"],
    ...more,
  });
}

/** An identity that issues nothing. */
export const noToken = () => Promise.reject(new Error("identity is\ndown"));

/** Timeouts short enough to wait for. */
export const IMPATIENT = { submitMs: 60, readMs: 60, tokenMs: 60, stallMs: 60 };

/** A POST may leave whenever it can. */
export const atAnyTime = () => Number.POSITIVE_INFINITY;
