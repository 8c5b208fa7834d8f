import { afterEach, describe, expect, it } from "vitest";
import type { CallbackRequest } from "../../shared/callback/answer.ts";
import { createCallbacks, type OutboundOptions } from "../../shared/outbound/callbacks.ts";
import { startReceiver, type Reaction, type Receiver } from "../receiver.ts";

const open: Receiver[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (each) => await each.close()));
});

async function receiver(reaction: Reaction = 204): Promise<Receiver> {
  const started = await startReceiver(() => reaction);
  open.push(started);
  return started;
}

function callbacks(more: Partial<OutboundOptions> = {}) {
  return createCallbacks({
    lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    allowLoopback: true,
    nowMs: () => Date.parse("2026-11-20T10:00:00Z"),
    timeoutMs: 5_000,
    getToken: async () => ({ token: "the-token" }),
    ...more,
  });
}

function request(url: string, more: Partial<CallbackRequest> = {}): CallbackRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json" },
    body: '{"é":1}',
    withIdentity: false,
    ...more,
  };
}

/** A name that leads to all of these. */
function leadingTo(...addresses: readonly string[]): OutboundOptions["lookup"] {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  return async () => await Promise.resolve(found);
}

async function never(): Promise<never> {
  return await new Promise<never>(() => {});
}

/** The same port under a name instead of an address. */
const named = (url: string) => url.replace("127.0.0.1", "hooks.contoso.example");

describe("sending a callback", () => {
  it("brings method, headers and body, and tells the status", async () => {
    const { url, received } = await receiver(201);
    const answer = await callbacks().send(request(`${url}/hook?sig=1`, { method: "PATCH" }));
    expect(answer).toEqual({ kind: "answered", httpStatus: 201, retryAfterMs: null });
    expect(received).toMatchObject([{ method: "PATCH", path: "/hook?sig=1", body: '{"é":1}' }]);
    expect(received[0]?.headers).toMatchObject({ "content-length": "8" });
    expect(received[0]?.headers).not.toHaveProperty("authorization");
  });

  it("goes to the address that was checked, under the name that was given", async () => {
    const { url, received } = await receiver();
    await callbacks().send(request(named(url)));
    expect(received[0]?.headers["host"]).toBe(new URL(named(url)).host);
  });

  it("follows no redirect", async () => {
    const elsewhere = await receiver();
    const { url } = await receiver({ status: 302, headers: { location: elsewhere.url } });
    expect(await callbacks().send(request(url))).toMatchObject({ httpStatus: 302 });
    expect(elsewhere.received).toEqual([]);
  });

  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "Fri, 20 Nov 2026 10:02:00 GMT", date: "" }, 120_000],
    [
      {
        "retry-after": "Fri, 20 Nov 2026 10:02:00 GMT",
        date: "Fri, 20 Nov 2026 10:01:30 GMT",
      },
      30_000,
    ],
    [{ "retry-after": "soon" }, null],
    [{}, null],
  ])("tells that a receiver with %j asks to wait %j ms", async (headers, retryAfterMs) => {
    const busy = await receiver({ status: 429, headers });
    expect(await callbacks().send(request(busy.url))).toMatchObject({ retryAfterMs });
  });

  it("takes the identity along only where it is told to", async () => {
    const { url, received } = await receiver();
    await callbacks().send(request(url, { withIdentity: true }));
    expect(received[0]?.headers["authorization"]).toBe("Bearer the-token");
    const none = callbacks({ getToken: async () => await Promise.reject(new Error("none")) });
    expect(await none.send(request(url, { withIdentity: true }))).toMatchObject({
      kind: "unavailable",
    });
    expect(received).toHaveLength(1);
  });
});

describe("a receiver that does not do its part", () => {
  it("and is silent is given up in time", async () => {
    const { url } = await receiver("silence");
    const answer = await callbacks({ timeoutMs: 200 }).send(request(url));
    expect(answer).toEqual({ kind: "unavailable", detail: "no answer in time" });
  });

  it("and never ends its answer is heard as far as its status", async () => {
    const { url } = await receiver("endless");
    expect(await callbacks().send(request(url))).toMatchObject({ httpStatus: 200 });
  });

  it("and is not there is unavailable, and its address is not in what is said", async () => {
    const { url } = await receiver();
    await open.pop()?.close();
    const answer = await callbacks().send(request(`${url}/?sig=s3cret`));
    expect(answer).toMatchObject({ kind: "unavailable" });
    expect(JSON.stringify(answer)).not.toMatch(/s3cret|127\.0/);
  });

  it("or whose name never resolves is given up in time", async () => {
    const answer = await callbacks({ lookup: never, timeoutMs: 200 }).send(
      request("https://a.example/"),
    );
    expect(answer).toEqual({ kind: "unavailable", detail: "no answer in time" });
  });
});

describe("a name that leads where nothing may be sent", () => {
  it.each(["127.0.0.1", "169.254.169.254", "10.0.0.4", "::1", "::ffff:127.0.0.1", "fd00::1"])(
    "to %s is refused, and nothing is sent",
    async (address) => {
      const { url, received } = await receiver();
      const sender = callbacks({ lookup: leadingTo(address), allowLoopback: false });
      expect(await sender.send(request(named(url)))).toMatchObject({ kind: "refusedAddress" });
      expect(received).toEqual([]);
    },
  );

  it("is refused when one of its addresses is public and another is not", async () => {
    const lookup = leadingTo("20.190.159.1", "169.254.169.254");
    const sender = callbacks({ lookup, allowLoopback: false });
    expect(await sender.send(request("https://hooks.contoso.example/"))).toMatchObject({
      kind: "refusedAddress",
    });
  });

  it("is refused as an address in the place of a name, too", async () => {
    const { url, received } = await receiver();
    const lookup = leadingTo("20.190.159.1");
    const sender = callbacks({ lookup, allowLoopback: false });
    expect(await sender.send(request(url))).toMatchObject({ kind: "refusedAddress" });
    expect(received).toEqual([]);
  });

  it("at a later try is refused then: it is asked each time", async () => {
    const { url, received } = await receiver();
    const answers = ["127.0.0.1", "10.0.0.4"];
    const lookup = async () => [{ address: answers.shift() ?? "", family: 4 }];
    const sender = callbacks({ lookup });
    expect(await sender.send(request(named(url)))).toMatchObject({ kind: "answered" });
    expect(await sender.send(request(named(url)))).toMatchObject({ kind: "refusedAddress" });
    expect(received).toHaveLength(1);
  });

  it("between the check and the connection gains nothing: it is asked once a try", async () => {
    const { url, received } = await receiver();
    // Nobody listens at the address that is checked; a second look-up would lead to the receiver.
    const answers = ["127.0.0.2", "127.0.0.1"];
    const lookup = async () => [{ address: answers.shift() ?? "", family: 4 }];
    const answer = await callbacks({ lookup }).send(request(named(url)));
    expect(answer).toEqual({ kind: "unavailable", detail: "no answer (ECONNREFUSED)" });
    expect(answers).toEqual(["127.0.0.1"]);
    expect(received).toEqual([]);
  });
});
