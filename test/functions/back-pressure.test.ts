import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished, describe, expect, it } from "vitest";
import { paced, watchAnswers } from "../../functions/back-pressure.ts";

const PIECE = new Uint8Array(64 * 1_024);
const PIECES = 2_000;
/** What the kernel and Node may hold for a client that does not read: a few MiB. */
const IN_FLIGHT_PIECES_MAX = 400;

watchAnswers();

/** Writes as the library does: whatever comes, at once, and without a look at the reader. */
async function writeAll(response: ServerResponse, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) response.write(piece);
  response.end();
}

async function serving(invocationId: string | null) {
  const state = { taken: 0, ended: null as Promise<unknown> | null };
  async function* content(): AsyncGenerator<Uint8Array> {
    for (; state.taken < PIECES; state.taken += 1) yield PIECE;
  }
  const server = createServer((_, response) => {
    const body = invocationId === null ? content() : paced(content(), invocationId);
    state.ended = writeAll(response, body).catch((error: unknown) => error);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const headers = { "x-ms-invocation-id": invocationId ?? "none" };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: "127.0.0.1", headers }, resolve).once("error", reject);
  });
  response.pause();
  return { state, response };
}

/** Returns once nothing more was taken during many turns of the loop. */
async function settled(state: { taken: number }): Promise<number> {
  let before = -1;
  for (let quiet = 0; quiet < 20; quiet = state.taken === before ? quiet + 1 : 0) {
    before = state.taken;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return state.taken;
}

describe("the body of an answer", () => {
  it("waits for a reader who does not read, and goes on with one who does", async () => {
    const { state, response } = await serving("one");
    expect(await settled(state)).toBeLessThan(IN_FLIGHT_PIECES_MAX);
    let size = 0;
    for await (const piece of response) size += Buffer.from(piece).byteLength;
    expect(size).toBe(PIECES * PIECE.byteLength);
  });

  it("would fill the memory without it", async () => {
    const { state } = await serving(null);
    expect(await settled(state)).toBe(PIECES);
  });

  it("stops when its reader has gone", async () => {
    const { state, response } = await serving("two");
    await settled(state);
    response.destroy();
    expect(await state.ended).toEqual(
      new Error("the reader of the evidence closed the connection"),
    );
    expect(state.taken).toBeLessThan(IN_FLIGHT_PIECES_MAX);
  });
});
