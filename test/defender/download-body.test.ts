import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as tick } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { Download } from "../../shared/ports.ts";
import { clientOf, IMPATIENT, loopback, type Loopback } from "./loopback.ts";

const MIB = 2 ** 20;
const TEXT = Buffer.from("the bytes themselves ".repeat(5_000));
const PATIENT_AT_FIRST = { timeouts: { ...IMPATIENT, readMs: 5_000 } };

describe("the body of a download", () => {
  it.each([
    ["of a known length", { "content-length": 48 * MIB }],
    ["in chunked encoding", {}],
  ])("%s is read no faster than it is taken, but for what sockets hold", async (_, headers) => {
    let written = 0;
    const server = await loopback((__, response) => {
      response.writeHead(200, headers);
      const body = Readable.from(drops(48 * MIB, (bytes) => (written += bytes)));
      // The reader leaves, and that breaks it.
      pipeline(body, response).catch(() => undefined);
    });
    const download = await downloadOf(server);
    let taken = 0;
    for await (const piece of download.content) {
      taken += piece.byteLength;
      if (taken > 8 * MIB) break;
      await tick();
    }
    // Linux lets the two sockets of a connection hold 6 and 4 MiB.
    expect(written - taken).toBeLessThan(16 * MIB);
  });

  it.each([
    ["of a known length", { "content-length": 4 * MIB }, true],
    ["in chunked encoding", {}, true],
    ["that ends with the connection", {}, false],
  ])("%s is whole though the other side closes before it is taken", async (_, headers, chunked) => {
    const server = await loopback((__, response) => {
      response.useChunkedEncodingByDefault = chunked;
      response.writeHead(200, { ...headers, connection: "close" });
      response.end(Buffer.alloc(4 * MIB, 7));
    });
    const download = await downloadOf(server);
    let taken = 0;
    for await (const piece of download.content) {
      taken += piece.byteLength;
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
    expect(taken).toBe(4 * MIB);
  });

  it.each([{}, { "content-encoding": "gzip" }])(
    "that nobody begins to read is let go of, with headers %o",
    async (headers) => {
      const closed: string[] = [];
      const server = await loopback((_, response) => {
        response.on("close", () => closed.push("closed"));
        response.writeHead(200, headers);
        response.write(gzipSync(TEXT));
      });
      const download = await downloadOf(server, PATIENT_AT_FIRST);
      await vi.waitFor(() => expect(closed).toEqual(["closed"]));
      await expect(bytesOf(download)).rejects.toThrow(/./);
    },
  );
});

describe("an encoding nobody asked for", () => {
  it.each([
    ["gzip", gzipSync(TEXT)],
    ["GZIP", gzipSync(TEXT)],
    ["x-gzip", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["br", brotliCompressSync(TEXT)],
    ["identity", TEXT],
  ])("is undone: %s", async (encoding, body) => {
    const content = await bytesOf(await encoded(encoding, body));
    expect(content.equals(TEXT)).toBe(true);
  });

  it.each(["zstd", "gzip, br", "__proto__", ""])("is left as it came: %o", async (encoding) => {
    const content = await bytesOf(await encoded(encoding, TEXT));
    expect(content.equals(TEXT)).toBe(true);
  });

  it("breaks the content where it is broken itself", async () => {
    const cut = await encoded("gzip", gzipSync(TEXT).subarray(0, -9));
    await expect(bytesOf(cut)).rejects.toThrow(/./);
    const none = await encoded("gzip", TEXT);
    await expect(bytesOf(none)).rejects.toThrow(/./);
  });

  it.each(["stalls", "breaks off"])("breaks the content when the body within %s", async (how) => {
    const server = await loopback((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const half = gzipSync(TEXT).subarray(0, 100);
      response.write(half, () => how === "breaks off" && response.destroy());
    });
    const download = await downloadOf(server, PATIENT_AT_FIRST);
    await expect(bytesOf(download)).rejects.toThrow(how === "stalls" ? /stalled/ : /./);
  });

  it("lets go of the connection when the reader leaves early", async () => {
    const closed: string[] = [];
    const server = await loopback((_, response) => {
      response.on("close", () => closed.push("closed"));
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write(gzipSync(TEXT));
    });
    for await (const piece of (await downloadOf(server)).content) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    await vi.waitFor(() => expect(closed).toEqual(["closed"]));
  });
});

describe("an answer that is no answer", () => {
  it.each([
    [
      "another protocol",
      "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: canary\r\n\r\n",
    ],
    ["something but HTTP", "220 canary.example ESMTP\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\ncanar"],
  ])("is unavailable: %s", async (_, raw) => {
    const server = await loopback((__, response) => {
      response.socket?.end(raw);
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x?sig=canary`);
    expect(reply.kind).toBe("unavailable");
    expect(JSON.stringify(reply)).not.toContain("canary");
  });
});

/** So many bytes in pieces of 4 KiB, as fast as they are taken; tells of each. */
function* drops(size: number, tell: (bytes: number) => void): Generator<Uint8Array> {
  const drop = Buffer.alloc(4_096, 7);
  for (let sent = 0; sent < size; sent += drop.byteLength) {
    tell(drop.byteLength);
    yield drop;
  }
}

async function encoded(encoding: string, body: Uint8Array): Promise<Download> {
  const server = await loopback((_, response) => {
    response.writeHead(200, { "content-encoding": encoding }).end(body);
  });
  return await downloadOf(server);
}

async function downloadOf(
  server: Loopback,
  more: Parameters<typeof clientOf>[1] = {},
): Promise<Download> {
  const reply = await clientOf(server, more).download(`${server.baseUrl}/x`);
  if (reply.kind !== "answered") throw new Error(reply.kind);
  return reply.value;
}

async function bytesOf(download: Download): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of download.content) pieces.push(piece);
  return Buffer.concat(pieces);
}
