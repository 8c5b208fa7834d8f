import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

/** A request as the receiver saw it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What it answers: a status, with headers if they matter, or nothing at all. */
export type Reaction =
  | number
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | "silence"
  | "endless";

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** A real HTTP server on loopback that keeps what it is sent; `react` decides each answer. */
export async function startReceiver(react: (request: Received) => Reaction): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void read(request).then((seen) => {
      received.push(seen);
      answer(response, react(seen));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function read(request: IncomingMessage): Promise<Received> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return { method: request.method ?? "", path: request.url ?? "", headers, body };
}

function answer(response: ServerResponse, reaction: Reaction): void {
  if (reaction === "silence") return;
  if (reaction === "endless") {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
    return;
  }
  if (typeof reaction === "number") response.writeHead(reaction).end();
  else response.writeHead(reaction.status, { ...reaction.headers }).end();
}
