import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { paced, watchAnswers } from "../../functions/back-pressure.ts";
import { createEvidenceBlobs } from "../../shared/azure/evidence-blobs.ts";

const MIB = 2 ** 20;
const SIZE = 96 * MIB;
/** Two connections of two sockets each, which Linux lets hold 6 and 4 MiB, and what Node holds. */
const IN_FLIGHT_MAX = 32 * MIB;

watchAnswers();

/** A blob of many bytes at a store that tells how many of them it wrote, and whether to the end. */
async function aBlob() {
  const state = { written: 0, closed: false };
  function* drops(): Generator<Uint8Array> {
    const drop = Buffer.alloc(16 * 1_024, 7);
    for (; state.written < SIZE; state.written += drop.byteLength) yield drop;
  }
  const port = await listening((_, response) => {
    response.writeHead(200, { "content-length": SIZE, etag: '"1"' });
    response.once("close", () => (state.closed = true));
    // The reader leaves, and that breaks it.
    pipeline(Readable.from(drops()), response).catch(() => undefined);
  });
  const account = "DefaultEndpointsProtocol=http;AccountName=account;AccountKey=bm90IGEga2V5";
  const connectionString = `${account};BlobEndpoint=http://127.0.0.1:${port}/account`;
  const store = createEvidenceBlobs(
    { kind: "connectionString", connectionString },
    "evidence",
    randomUUID,
  );
  const opened = await store.open("run/sequence/0-0.bin");
  if (opened === null) throw new Error("the blob is there");
  return { state, content: opened.content };
}

/** A client that has asked for the content and reads nothing of it. */
async function asking(invocationId: string, answer: (response: ServerResponse) => Promise<void>) {
  let ended: Promise<unknown> | null = null;
  const port = await listening((_, response) => {
    ended = answer(response).catch((error: unknown) => error);
  });
  const headers = { "x-ms-invocation-id": invocationId };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: "127.0.0.1", headers }, resolve).once("error", reject);
  });
  response.pause();
  return { response, ended: async () => await ended };
}

/** Writes as the library does: whatever comes, at once, and without a look at the reader. */
async function writeAll(response: ServerResponse, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) response.write(piece);
  response.end();
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Returns once nothing more was written during many turns of the loop. */
async function settled(state: { written: number }): Promise<number> {
  let before = -1;
  for (let quiet = 0; quiet < 20; quiet = state.written === before ? quiet + 1 : 0) {
    before = state.written;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return state.written;
}

describe("a blob that is read by a client", () => {
  it("is read from the store no faster than the client takes it", async () => {
    const { state, content } = await aBlob();
    const { response } = await asking("slow", async (answer) => {
      await writeAll(answer, paced(content, "slow"));
    });
    expect(await settled(state)).toBeLessThan(IN_FLIGHT_MAX);
    let size = 0;
    for await (const piece of response) size += Buffer.from(piece).byteLength;
    expect(size).toBe(SIZE);
  });

  it("is let go of when the client goes away", async () => {
    const { state, content } = await aBlob();
    const { response, ended } = await asking("gone", async (answer) => {
      await writeAll(answer, paced(content, "gone"));
    });
    await settled(state);
    response.destroy();
    expect(await ended()).toEqual(new Error("the reader of the evidence closed the connection"));
    await vi.waitFor(() => expect(state.closed).toBe(true));
    expect(state.written).toBeLessThan(IN_FLIGHT_MAX);
  });

  it("is let go of when the client has gone before its answer begins", async () => {
    const { state, content } = await aBlob();
    const { response, ended } = await asking("early", async (answer) => {
      answer.flushHeaders();
      await once(answer, "close");
      await writeAll(answer, paced(content, "early"));
    });
    response.destroy();
    expect(await ended()).toEqual(new Error("the reader of the evidence closed the connection"));
    await vi.waitFor(() => expect(state.closed).toBe(true));
    expect(state.written).toBeLessThan(IN_FLIGHT_MAX);
  });
});
