import { once } from "node:events";
import { Agent, createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { answerTo, requestTo } from "../../shared/http/one-request.ts";
import { startStalledServer } from "./stalled-server.ts";

const BODY = Buffer.from("the body");
const POST = { method: "POST" } as const;
const TOO_LATE = { name: "TooLateError" };
/** Longer than any test. */
const AGES_MS = 600_000;
/** More than a system takes in by itself. */
const MUCH = Buffer.alloc(64 * 2 ** 20, "x");

describe("a request that may leave for so long only", () => {
  it("is held to it when its connection stands and is secured, and no sooner", async () => {
    const door = await startStalledServer();
    let leftMs = AGES_MS;
    const request = requestTo(door.url, { ...POST, ...door.options });
    const refusal = refusalOf(answerTo(request, BODY, () => leftMs));
    await door.knocked();
    leftMs = 0;
    door.open();
    expect(await refusal).toMatchObject(TOO_LATE);
    await door.left();
    expect(request.headersSent).toBe(false);
    expect(door.heard()).toBe("");
  });

  it("leaves when its connection stands in time, and then has all the time for its answer", async () => {
    const door = await startStalledServer();
    let leftMs = AGES_MS;
    const request = requestTo(door.url, { ...POST, ...door.options });
    const answer = answerTo(request, BODY, () => leftMs);
    await door.knocked();
    leftMs = 5_000;
    door.open();
    await door.hears("the body");
    leftMs = -AGES_MS;
    door.answer();
    expect((await answer).statusCode).toBe(200);
    expect(door.heard()).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
  });

  it("is given up while the handshake stalls, with nothing written", async () => {
    const door = await startStalledServer();
    const request = requestTo(door.url, { ...POST, ...door.options });
    await expect(answerTo(request, BODY, () => 20)).rejects.toMatchObject(TOO_LATE);
    expect([request.headersSent, request.destroyed]).toEqual([false, true]);
  });

  it("is given up while its name is looked up, with nothing written", async () => {
    const nameless = { lookup: () => undefined, agent: false } as const;
    const request = requestTo("https://a.example/", { ...POST, ...nameless });
    await expect(answerTo(request, BODY, () => 20)).rejects.toMatchObject(TOO_LATE);
    expect(request.headersSent).toBe(false);
  });

  it("is not sent when its name is found too late", async () => {
    const server = await startServer();
    let leftMs = AGES_MS;
    const request = requestTo(server.named, {
      ...POST,
      agent: false,
      lookup: (_, __, tell) => {
        leftMs = 0;
        tell(null, [{ address: "127.0.0.1", family: 4 }]);
      },
    });
    await expect(answerTo(request, BODY, () => leftMs)).rejects.toMatchObject(TOO_LATE);
    expect(request.headersSent).toBe(false);
    expect(server.requests()).toBe(0);
  });

  it("that nobody takes in is given up in time, and something of it may have left", async () => {
    const door = await startStalledServer({ reads: false });
    const request = requestTo(door.url, { ...POST, ...door.options });
    let leftMs = AGES_MS;
    const refusal = refusalOf(answerTo(request, MUCH, () => leftMs));
    await door.knocked();
    leftMs = 20;
    door.open();
    expect(await refusal).toMatchObject(TOO_LATE);
    await door.left();
    expect(request.headersSent).toBe(true);
  });
});

describe("a request of which nothing was written says so", () => {
  it("when nobody listens", async () => {
    const server = await startServer();
    await server.close();
    const request = requestTo(server.url, { ...POST, agent: false });
    await expect(answerTo(request, BODY)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(request.headersSent).toBe(false);
  });

  it("when the other side does not prove its name", async () => {
    const door = await startStalledServer({ certificate: "receiver-of-unknown-authority.pem" });
    const request = requestTo(door.url, { ...POST, ...door.options });
    const refusal = refusalOf(answerTo(request, BODY));
    await door.knocked();
    door.open();
    expect(await refusal).toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    expect(request.headersSent).toBe(false);
    expect(door.heard()).toBe("");
  });
});

describe("a request without a bound", () => {
  it("goes by a connection from a pool, too", async () => {
    const server = await startServer();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const reused: boolean[] = [];
    for (let time = 0; time < 2; time += 1) {
      const request = requestTo(server.url, { ...POST, agent });
      const response = await answerTo(request, BODY);
      await once(response.resume(), "end");
      reused.push(request.reusedSocket);
      // The connection is back in the pool by then.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reused).toEqual([false, true]);
    expect(server.requests()).toBe(2);
  });
});

async function refusalOf(answer: Promise<unknown>): Promise<unknown> {
  return await answer.then(
    () => "an answer",
    (error: unknown) => error,
  );
}

/** A plain server on this machine that answers at once; `named` leads to it by a name. */
async function startServer() {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.end("fine");
  });
  const close = async () => await new Promise((resolve) => server.close(resolve));
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    named: `http://a.example:${port}/`,
    requests: () => requests,
    close,
  };
}
