import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/**
 * A table service on loopback that gives the same answer to every request, and keeps what it was
 * sent.
 */
export interface ScriptedTable {
  readonly connectionString: string;
  readonly bodies: readonly string[];
  close(): void;
}

/** One answer inside the answer to a transaction: a status line, headers, and a body or "". */
export interface PartAnswer {
  readonly status: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/**
 * Listens on a free port of loopback; `status` is that of every answer as a whole. The answers look as the REST reference of the Table service
 * prints them, under "Performing entity group transactions".
 */
export async function startScriptedTable(
  parts: readonly PartAnswer[],
  status = 202,
): Promise<ScriptedTable> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(status, {
        "Content-Type": "multipart/mixed; boundary=batchresponse_e69b1c6c",
        "Content-Length": Buffer.byteLength(answerOf(parts)),
      });
      response.end(answerOf(parts));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = isAddress(address) ? address.port : 0;
  return {
    connectionString:
      "DefaultEndpointsProtocol=http;AccountName=scripted;AccountKey=a2V5;" +
      `TableEndpoint=http://127.0.0.1:${port}/scripted;`,
    bodies,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerOf(parts: readonly PartAnswer[]): string {
  const lines = [
    "--batchresponse_e69b1c6c",
    "Content-Type: multipart/mixed; boundary=changesetresponse_a6253244",
    "",
  ];
  for (const { status, headers = [], body = "" } of parts) {
    lines.push("--changesetresponse_a6253244", "Content-Type: application/http");
    lines.push("Content-Transfer-Encoding: binary", "", `HTTP/1.1 ${status}`);
    lines.push("X-Content-Type-Options: nosniff", "DataServiceVersion: 3.0;", ...headers, "", body);
  }
  lines.push("--changesetresponse_a6253244--", "--batchresponse_e69b1c6c--", "");
  return lines.join("\r\n");
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
