import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { forwardRequest } from "../../../local/host/http-forward.ts";
import type { TriggerInput } from "../../../local/host/invoke.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const target = { metadata: { name: "f", bindings: {} }, callback: () => undefined };

/** A host in front of a library that answers as told; what the library heard, and the log. */
async function hosting(library: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: { inputs: TriggerInput[]; log: string[] } = { inputs: [], log: [] };
  const inner = await serve(library);
  const outer = await serve((request, response) => {
    const parts = {
      port: inner,
      bodyLimit: 1_000_000,
      log: (level: string, source: string, text: string) =>
        seen.log.push(`${level} ${source} ${text}`),
      invoke: (_: object, input: TriggerInput) => {
        seen.inputs.push(input);
        const result = { kind: "succeeded", result: {}, response: {} } as const;
        return Promise.resolve(result);
      },
    };
    const url = new URL(`http://127.0.0.1:${outer}${request.url}`);
    void forwardRequest(parts, target, { id: "7" }, { request, response, url });
  });
  return { url: `http://127.0.0.1:${outer}`, seen };
}

describe("a forwarded request", () => {
  it("brings query, headers as they were written, and parameters", async () => {
    const { url, seen } = await hosting((_, response) => {
      response.writeHead(200, { "x-ms-invocation-id": "1", "content-length": "2" }).end("ok");
    });
    const path = `${url}/a?b=1&c=2&b=3`;
    const answer = await fetch(path, { headers: [["X-Test", "Yes"]] });
    expect([answer.headers.get("content-length"), await answer.text()]).toEqual(["2", "ok"]);
    const { Query, Headers, id } = seen.inputs[0]?.triggerMetadata ?? {};
    expect([JSON.parse(Query?.json ?? ""), id]).toEqual([{ b: "1,3", c: "2" }, { string: "7" }]);
    expect(JSON.parse(Headers?.json ?? "")).toMatchObject({ "X-Test": "Yes" });
    expect(seen.log).toEqual([]);
  });

  it("has the host's own invocation id and address, whatever the client says they are", async () => {
    const library: IncomingMessage["headers"][] = [];
    const { url, seen } = await hosting((request, response) => {
      library.push(request.headers);
      response.writeHead(200, { "x-ms-invocation-id": "1" }).end();
    });
    const headers = [
      ["X-Ms-Invocation-Id", "1"],
      ["X-Forwarded-Host", "evil.example"],
      ["X-FORWARDED-PROTO", "ftp"],
    ] satisfies [string, string][];
    await fetch(`${url}/a`, { headers });
    expect(library).toEqual([
      expect.objectContaining({
        "x-ms-invocation-id": seen.inputs[0]?.invocationId,
        "x-forwarded-host": new URL(url).host,
        "x-forwarded-proto": "http",
      }),
    ]);
  });

  it("is an empty 500 with a line in the log when the library breaks off", async () => {
    const { url, seen } = await hosting((request) => request.socket.destroy());
    const answer = await fetch(`${url}/a`);
    expect([answer.status, await answer.text()]).toEqual([500, ""]);
    expect(seen.log).toEqual(["error f the library ended without an answer"]);
  });
});
