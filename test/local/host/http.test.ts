import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get as httpGet } from "node:http";
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
    masterKey: "open-all",
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
      authorization: null,
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

  it.each(["GET", "HEAD", "OPTIONS", "DELETE"])(
    "is not found under %s, which it does not take",
    async (method) => {
      const answer = await fetch(`${host.url}/api/echo/x`, { method });
      expect([answer.status, answer.headers.get("allow")]).toEqual([404, null]);
    },
  );

  it("gets a header that came twice with both values, whichever it is", async () => {
    const twice = "authorization: Bearer one\r\nAuthorization: Bearer two\r\n";
    const body = "connection: close\r\ncontent-length: 0\r\n\r\n";
    const answer = await exchange(`POST /api/echo/x HTTP/1.1\r\nhost: x\r\n${twice}${body}`);
    expect(answer).toContain('"authorization":"Bearer one,Bearer two"');
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

  it("is told its trace, a new one each time, and that this is its first try", async () => {
    const traces = new Set<string>();
    const headers = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
    for (const _ of "twice!") {
      const answer: unknown = await (await fetch(`${host.url}/api/context`, { headers })).json();
      expect(answer).toEqual({
        traceContext: {
          traceParent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
          traceState: "",
          attributes: {},
        },
        retryContext: { retryCount: 0, maxRetryCount: 0 },
      });
      traces.add(JSON.stringify(answer));
    }
    expect(traces.size).toBe("twice!".length);
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
    expect((await get("/api/guarded?code=open-all")).status).toBe(200);
  });
});

describe("a body over the limit", () => {
  it("is a 500 by its declared length, and a line in the log", async () => {
    const before = lines.length;
    expect((await post("/api/echo/x", "x".repeat(1001))).status).toBe(500);
    expect((await post("/api/echo/x", "x".repeat(1000))).status).toBe(201);
    const said = lines.slice(before);
    const complaints = said.filter((line) =>
      line.endsWith("echo the body is longer than 1000 bytes"),
    );
    expect(complaints).toHaveLength(1);
  });

  it("is a 500 when it comes in chunks of no declared length", async () => {
    const chunk = `200\r\n${"x".repeat(0x200)}\r\n`;
    const answer = await exchange(
      `POST /api/echo/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
  });
});

describe("hooks", () => {
  it("run around an invocation, share data and may replace handler and result", async () => {
    const answer = await get("/api/hooked");
    expect([await answer.text(), answer.headers.get("x-wrapped")]).toEqual(["handler pre", "yes"]);
  });
});

describe("a refusal", () => {
  it("reaches a client that sends all of its body before it reads, and closes then", async () => {
    const socket = connect(Number(new URL(host.url).port), "127.0.0.1").pause();
    const body = "x".repeat(8_000_000);
    const head = `POST /api/nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n`;
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.write(`${head}connection: close\r\n\r\n${body}`, () => resolve());
    });
    let answer = "";
    for await (const part of socket) answer += String(part);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("a path", () => {
  it("with a NUL in it makes no sense", async () => {
    expect((await get("/api/files/a%00b")).status).toBe(400);
    expect((await get("/api/files/a%0Ab")).status).toBe(200);
  });

  it("of nothing but a slash leads to the host's own page", async () => {
    const answer = await get("/");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html"]);
  });
});

describe("the headers of a request", () => {
  it("have 32 KiB together, and no more", async () => {
    const statuses = [30_000, 33_000].map(async (size) => {
      const answer = await post("/api/echo/x", "", { "x-test": "y".repeat(size) });
      return answer.status;
    });
    expect(await Promise.all(statuses)).toEqual([201, 431]);
  });
});

describe("the host's own routes", () => {
  const master = { "x-functions-key": "open-all" };

  it("say that it runs, to whoever has the master key", async () => {
    const answer = await get("/admin/host/status?code=open-all");
    expect(await answer.json()).toMatchObject({ state: "Running" });
    expect((await post("/admin/host/status", "", master)).status).toBe(404);
  });

  it("are closed to all others, but for the ping", async () => {
    expect((await get("/admin/host/ping")).status).toBe(200);
    for (const path of ["host/status", "functions/echo", "functions", "host/ping/more"]) {
      const strangers = [get(`/admin/${path}`), get(`/admin/${path}?code=let-me-in`)];
      const answers = await Promise.all(strangers);
      expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 401, 401]);
    }
  });

  it.each(["evil.example", "127.0.0.1.evil.example", "10.0.0.1"])(
    "are closed to a page that reached this machine as %s, whatever key it has",
    async (name) => {
      const headers = { host: `${name}:${new URL(host.url).port}`, ...master };
      const status = await new Promise((resolve, reject) => {
        httpGet(`${host.url}/admin/host/status`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).once("error", reject);
      });
      expect(status).toBe(403);
    },
  );

  it("do not run HTTP functions or unknown ones", async () => {
    const headers = { "content-type": "application/json", ...master };
    expect((await post("/admin/functions/echo", "{}", headers)).status).toBe(404);
    expect((await post("/admin/functions/nobody", "{}", headers)).status).toBe(404);
  });
});

describe("the address of the host", () => {
  it("is this machine's own IPv4 address, and no other", async () => {
    const { port } = new URL(host.url);
    await expect(fetch(`http://[::1]:${port}/`)).rejects.toThrow("fetch failed");
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
    expect((await fetch(`${second.url}/admin/host/status?code=`)).status).toBe(401);
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
