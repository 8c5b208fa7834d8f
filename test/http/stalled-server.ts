import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { LookupFunction } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { tlsFixture } from "../outbound/tls-receiver.ts";

/** A server that speaks TLS behind a connection that is stalled at first, for one caller. */
export interface StalledServer {
  readonly url: string;
  /** How it is reached by its name, and whom to believe that it is the one. */
  readonly options: { readonly ca: string; readonly lookup: LookupFunction; readonly agent: false };
  /** Resolves when somebody has connected; the handshake cannot begin yet. */
  knocked(): Promise<void>;
  /** Lets through what has come, and all that comes. */
  open(): void;
  /** Resolves when the caller has ended its connection. */
  left(): Promise<void>;
  /** What came through TLS so far. */
  heard(): string;
  /** Resolves when that ends in these words. */
  hears(words: string): Promise<void>;
  /** Answers with 200. */
  answer(): void;
}

const NAME = "hooks.contoso.example";

/** `reads` is whether the server behind takes what it is sent. */
export async function startStalledServer({
  certificate = "receiver.pem",
  reads = true,
} = {}): Promise<StalledServer> {
  const identity = { cert: tlsFixture(certificate), key: tlsFixture("worthless-receiver-key.pem") };
  let heard = "";
  let inside: Socket | null = null;
  const server = createTlsServer(identity, (socket) => {
    inside = quiet(socket);
    if (!reads) return;
    socket.setEncoding("utf8").on("data", (piece) => {
      heard += String(piece);
      server.emit("heard");
    });
  });
  server.on("tlsClientError", () => undefined);
  const portBehind = await listening(server);

  let wire: Socket | null = null;
  const front = createServer({ pauseOnConnect: true }, (socket) => {
    wire = quiet(socket).once("close", () => front.emit("left"));
  });
  const port = await listening(front);
  const knock = once(front, "connection");
  const leave = once(front, "left");
  return {
    url: `https://${NAME}:${port}/`,
    options: { ca: tlsFixture("worthless-authority.pem"), lookup: toThisMachine, agent: false },
    knocked: async () => void (await knock),
    open: () => {
      const behind = quiet(connect(portBehind, "127.0.0.1"));
      wire?.pipe(behind).pipe(wire);
      wire?.once("close", () => behind.destroy());
    },
    left: async () => {
      // A socket that is not read to its end does not see it.
      wire?.unpipe().resume();
      await leave;
    },
    heard: () => heard,
    hears: async (words) => {
      while (!heard.endsWith(words)) await once(server, "heard");
    },
    answer: () => void inside?.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
  };
}

/** The look-up of a name that leads to this machine. */
const toThisMachine: LookupFunction = (_, { all }, tell) => {
  if (all === true) tell(null, [{ address: "127.0.0.1", family: 4 }]);
  else tell(null, "127.0.0.1", 4);
};

function quiet(socket: Socket): Socket {
  onTestFinished(() => void socket.destroy());
  return socket.on("error", () => undefined);
}

async function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return z.object({ port: z.number() }).parse(server.address()).port;
}
