import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "node:net";
import { join } from "node:path";
import type { Host } from "../../../local/host/host.ts";
import { startHost } from "../../../local/host/host.ts";

const root = join(import.meta.dirname, "fixtures/http-app");
const lines: string[] = [];
let host: Host;

beforeAll(async () => {
  process.env["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "1000";
  host = await startHost({
    root,
    port: 0,
    storage: "",
    stateDir: null,
    log: (line) => lines.push(line),
    functionKey: "let-me-in",
  });
});
afterAll(async () => {
  await host.stop();
});

const get = (path: string): Promise<Response> => fetch(`${host.url}${path}`);
const post = (path: string, body: string, headers = {}): Promise<Response> =>
  fetch(`${host.url}${path}`, { method: "POST", body, headers });

describe("an HTTP function", () => {
  it("gets parameters, query, headers, body and the address it was called by", async () => {
    const answer = await post("/API/Echo/some%20kind/7?a=1", "hello", { "x-test": "yes" });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      params: { kind: "some kind", id: "7" },
      query: { a: "1" },
      header: "yes",
      body: "hello",
      url: `${host.url}/API/Echo/some%20kind/7?a=1`,
    });
    expect(lines.some((line) => line.endsWith("information echo echoing some kind"))).toBe(true);
  });

  it("is found without its optional parameter, and not with one that breaks the constraint", async () => {
    expect((await post("/api/echo/x", "")).status).toBe(201);
    expect((await post("/api/echo/x/seven", "")).status).toBe(404);
  });

  it("takes the rest of the path where it asks for it", async () => {
    expect(await (await get("/api/files/a/b/c")).text()).toBe("a/b/c");
    expect(await (await get("/api/files")).text()).toBe("nothing");
  });

  it("is refused under another method, with the methods that would do", async () => {
    const answer = await get("/api/echo/x");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST, PUT"]);
  });

  it("answers bytes as they are", async () => {
    const answer = await get("/api/bytes");
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 1, 254, 255]);
  });

  it("answers 204 when it returns nothing", async () => {
    expect((await get("/api/silent")).status).toBe(204);
  });

  it.each(["thrower", "textual"])("fails as an empty 500: %s", async (name) => {
    const answer = await get(`/api/${name}`);
    expect([answer.status, await answer.text()]).toEqual([500, ""]);
  });

  it("tells the log, not the client, what was thrown", async () => {
    await get("/api/thrower");
    expect(lines.some((line) => line.includes("thrower failed: Error: secret detail"))).toBe(true);
  });

  it("sets cookies", async () => {
    const answer = await get("/api/cookies");
    expect(answer.headers.get("set-cookie")).toBe("a=b%20c; path=/; httponly; samesite=strict");
  });

  it("needs its key when a key is set, in the header or the query", async () => {
    expect((await get("/api/guarded")).status).toBe(401);
    expect((await get("/api/guarded?code=let-me-in")).status).toBe(200);
    const headers = { "x-functions-key": "let-me-in" };
    expect((await fetch(`${host.url}/api/guarded`, { headers })).status).toBe(200);
  });
});

describe("a body over the limit", () => {
  it("is refused by its declared length", async () => {
    expect((await post("/api/echo/x", "x".repeat(1001))).status).toBe(413);
    expect((await post("/api/echo/x", "x".repeat(1000))).status).toBe(201);
  });

  it("is refused when it comes in chunks of no declared length", async () => {
    const chunk = `200\r\n${"x".repeat(0x200)}\r\n`;
    const answer = await exchange(
      `POST /api/echo/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("hooks", () => {
  it("run around an invocation, share data and may replace handler and result", async () => {
    const answer = await get("/api/hooked");
    expect([await answer.text(), answer.headers.get("x-wrapped")]).toEqual(["handler pre", "yes"]);
  });
});

describe("the host's own routes", () => {
  it("say that it runs", async () => {
    expect(await (await get("/admin/host/status")).json()).toMatchObject({ state: "Running" });
    expect((await get("/admin/host/ping")).status).toBe(200);
  });

  it("do not run HTTP functions or unknown ones", async () => {
    const headers = { "content-type": "application/json" };
    expect((await post("/admin/functions/echo", "{}", headers)).status).toBe(404);
    expect((await post("/admin/functions/nobody", "{}", headers)).status).toBe(404);
  });
});

describe("the list of functions", () => {
  it("tells routes and methods", () => {
    expect(host.functions).toContainEqual({
      name: "echo",
      type: "http",
      route: "/api/echo/{kind}/{id:int?}",
      methods: ["POST", "PUT"],
    });
  });
});

describe("a second host in the same process", () => {
  it("is refused a port that is taken, in words that help", async () => {
    const port = Number(new URL(host.url).port);
    const start = startHost({ root, port, storage: "", stateDir: null, log: () => undefined });
    await expect(start).rejects.toThrow(`port ${port} is taken: set PORT to another one`);
  });

  it("answers what is in flight before it stops, then runs the last hooks", async () => {
    const second = await startHost({ root, port: 0, storage: "", stateDir: null, log: () => {} });
    const slow = fetch(`${second.url}/api/slow`);
    await expect.poll(() => Reflect.get(globalThis, "releaseSlow")).toBeTypeOf("function");
    const stopped = second.stop();
    Reflect.get(globalThis, "releaseSlow")();
    expect(await (await slow).text()).toBe("at last");
    expect(await stopped).toEqual({ drained: true });
    expect(Reflect.get(globalThis, "hooksSeen")).toEqual(["appStart", "appTerminate"]);
    await expect(fetch(`${second.url}/api/bytes`)).rejects.toThrow("fetch failed");
  });
});

/** Sends raw text and returns whatever comes back until the connection ends. */
async function exchange(text: string): Promise<string> {
  const socket = connect(Number(new URL(host.url).port), "127.0.0.1");
  socket.setEncoding("utf8").write(text);
  let answer = "";
  for await (const part of socket) answer += String(part);
  return answer;
}
