import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import type { Host } from "../../../local/host/host.ts";
import { startHost } from "../../../local/host/host.ts";

let host: Host;

beforeAll(async () => {
  process.env["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "2000000";
  const root = join(import.meta.dirname, "fixtures/stream-app");
  host = await startHost({ root, port: 0, storage: "", stateDir: null, log: () => undefined });
});
afterAll(async () => {
  await host.stop();
});

const post = (body: string | ReadableStream): Promise<Response> =>
  fetch(`${host.url}/api/count/me`, {
    method: "POST",
    body,
    headers: { "x-test": "yes" },
    duplex: "half",
  });

/** What lets a stream of the fixture go on; the client may have its head before it waits. */
async function released(name: string): Promise<() => void> {
  await expect.poll(() => Reflect.get(globalThis, name)).toBeTypeOf("function");
  return Reflect.get(globalThis, name);
}

describe("a function with HTTP streams on", () => {
  it("reads a body in pieces, and has its parameters and headers", async () => {
    const answer = await post("x".repeat(1_500_000));
    expect(await answer.json()).toEqual({ length: 1_500_000, name: "me", header: "yes" });
  });

  it("sends the first bytes before it has the last", async () => {
    const answer = await fetch(`${host.url}/api/drip`);
    expect(answer.headers.get("x-kind")).toBe("stream");
    expect(answer.headers.get("x-ms-invocation-id")).toMatch(/^[0-9a-f-]{36}$/);
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe("first,");
    (await released("releaseDrip"))();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? []).toString()).toBe("second");
  });

  it("breaks the connection when its stream breaks, so that half is not taken for whole", async () => {
    const answer = await fetch(`${host.url}/api/breaks`);
    const text = answer.text();
    (await released("releaseBreak"))();
    await expect(text).rejects.toThrow("terminated");
  });

  it("fails as an empty 500 when it throws", async () => {
    const answer = await fetch(`${host.url}/api/thrower`);
    expect([answer.status, await answer.text()]).toEqual([500, ""]);
  });

  it("answers 204 when it returns nothing", async () => {
    expect((await fetch(`${host.url}/api/silent`)).status).toBe(204);
  });

  it("refuses a body over the limit, declared or not", async () => {
    expect((await post("x".repeat(2_000_001))).status).toBe(500);
    const endless = new Blob(["x".repeat(2_000_001)]).stream();
    expect((await post(endless)).status).toBe(500);
  });
});
