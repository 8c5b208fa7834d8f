import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { type Answer, type FakeTenant, problem } from "./fake-tenant.ts";

const TOKEN = "the token of an administrator";

/** What goes wrong, once: a request that fits is answered so. */
export interface Mishap {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly code: string;
  /** How many requests that fit go well before; none if absent. */
  readonly after?: number;
  /** True: what was asked for is done all the same. */
  readonly done?: boolean;
}

export interface FakeGraph {
  readonly url: string;
  readonly token: string;
  readonly tenant: FakeTenant;
  /** Requests that change something, in order. */
  readonly changes: readonly string[];
  close(): void;
}

/**
 * Microsoft Graph before `tenant`, as its pages describe it, with whatever goes wrong in
 * `mishaps`.
 */
export async function startFakeGraph(
  tenant: FakeTenant,
  mishaps: readonly Mishap[] = [],
): Promise<FakeGraph> {
  const left = mishaps.map((mishap) => ({ mishap, after: mishap.after ?? 0 }));
  const changes: string[] = [];
  const answer = async (request: IncomingMessage, url: string): Promise<Answer> => {
    const asked = new URL(request.url ?? "", url);
    const { method = "", headers } = request;
    const body = await text(request);
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return problem(401, "InvalidAuthenticationToken");
    const mishap = mishapOf(left, method, asked.pathname);
    const failed = mishap === null ? null : problem(mishap.status, mishap.code);
    if (failed !== null && mishap?.done !== true) return failed;
    if (method !== "GET") changes.push(`${method} ${asked.pathname}`);
    const done = tenant.answer(method, asked, body);
    return failed ?? done;
  };
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const url = `http://127.0.0.1:${port}`;
  server.on("request", (request, response) => {
    void answer(request, url).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json", "retry-after": "0" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  return { url, token: TOKEN, tenant, changes, close: () => void server.close() };
}

/** What goes wrong with this request, if anything; it then does not go wrong again. */
function mishapOf(
  left: { readonly mishap: Mishap; after: number }[],
  method: string,
  path: string,
): Mishap | null {
  const first = left.find(({ mishap }) => mishap.method === method && mishap.path.test(path));
  if (first === undefined) return null;
  first.after -= 1;
  if (first.after >= 0) return null;
  left.splice(left.indexOf(first), 1);
  return first.mishap;
}
