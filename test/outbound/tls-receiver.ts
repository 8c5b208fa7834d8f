import { readFileSync } from "node:fs";
import { createServer, type ServerOptions } from "node:https";
import { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** What a receiver saw of one callback, and of the connection that it came by. */
interface ReceivedOverTls {
  readonly host: string | undefined;
  /** The name that was asked for before anything was encrypted (SNI). */
  readonly serverName: string | false | null;
  readonly protocol: string | null;
  readonly body: string;
}

export interface TlsReceiver {
  readonly port: number;
  readonly received: readonly ReceivedOverTls[];
  /** Of each handshake that failed, what the receiver's side says. */
  readonly handshakeErrors: readonly string[];
}

/** A text of `test/fixtures/tls`. */
export function tlsFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
}

/** A real https server on loopback for the length of one test, with one of the certificates. */
export async function startTlsReceiver(
  certificate: string,
  more: ServerOptions = {},
): Promise<TlsReceiver> {
  const received: ReceivedOverTls[] = [];
  const handshakeErrors: string[] = [];
  const identity = { cert: tlsFixture(certificate), key: tlsFixture("worthless-receiver-key.pem") };
  const server = createServer({ ...identity, ...more }, (request, response) => {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) throw new Error("a connection without TLS");
    const protocol = socket.getProtocol();
    const serverName = z.union([z.string(), z.literal(false), z.null()]).parse(socket.servername);
    let body = "";
    request.setEncoding("utf8").on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      received.push({ host: request.headers.host, serverName, protocol, body });
      response.writeHead(204).end();
    });
  });
  server.on("tlsClientError", ({ message }) => handshakeErrors.push(message));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { port, received, handshakeErrors };
}
