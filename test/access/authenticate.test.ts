import { createHmac } from "node:crypto";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Authenticated } from "../../shared/access/authenticate.ts";
import { authenticate } from "../../shared/access/authenticate.ts";
import type { Entra } from "../../shared/access/signing-keys.ts";
import { isSignedByJira } from "../../shared/access/jira-signature.ts";
import { isSignedWith, messageTrouble } from "../../shared/access/standard-webhooks.ts";
import { callersOf, keyHash } from "./callers.ts";

const NOW_MS = 1_614_265_330_000;
const OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const FOREIGN = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const JIRA = "It's a Secret to Everybody";

const CALLERS = callersOf([
  { name: "playbook", key: keyHash("key-one"), may: ["incident.submit"] },
  { name: "responder", key: keyHash("key-two"), may: ["run.read"] },
  { name: "servicenow", hmac: [OLD, NEW], may: ["incident.submit"] },
  { name: "jira", jira: [JIRA, `${JIRA}, once`], may: ["incident.submit"] },
]);

const bytes = (text: string) => new TextEncoder().encode(text);

/** Nobody here is known by a token, so nobody asks for a key. */
const ENTRA: Entra = {
  authority: "https://login.example",
  keys: {
    find: async () => {
      throw new Error("a key was asked for");
    },
  },
};

async function ask(headers: Readonly<Record<string, string>>, body = ""): Promise<Authenticated> {
  const get = (name: string) => headers[name] ?? null;
  const request = { headers: { get }, named: null, body: async () => bytes(body) };
  return await authenticate(CALLERS, ENTRA, request, NOW_MS);
}

function name(answer: Authenticated): string | null {
  return answer.kind === "caller" ? answer.caller.name : null;
}

/**
 * The headers of a message signed with `secret`; the signature covers the id and time that are
 * sent.
 */
function signed(secret: string, body: string, more: { id?: string; atSeconds?: number } = {}) {
  const { id = "msg_1", atSeconds = NOW_MS / 1_000 } = more;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const hmac = createHmac("sha256", key).update(`${id}.${atSeconds}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(atSeconds),
    "webhook-signature": `v1,${hmac}`,
  };
}

function jiraSigned(secret: string, body: string) {
  return { "x-hub-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` };
}

describe("a bearer key", async () => {
  it.each([
    ["Bearer key-one", "playbook"],
    ["bearer key-two", "responder"],
    ["Bearer   key-two ", "responder"],
    ["Bearer key-three", null],
    ["Bearer ", null],
    ["Bearer", null],
    ["Basic key-one", null],
    ["Bearer key-one key-two", null],
    [`Bearer ${keyHash("key-one")}`, null],
    ["", null],
  ])("%j is known as %j", async (authorization, caller) => {
    expect(name(await ask({ authorization }))).toBe(caller);
  });

  it("that is wrong is not made up for by a good signature", async () => {
    for (const authorization of ["Bearer wrong", "Bearer", "Bearer key-one, Bearer key-two"]) {
      const headers = { authorization, ...signed(OLD, "{}") };
      expect(await ask(headers, "{}")).toEqual({ kind: "nobody", why: "no caller has this key" });
    }
  });
});

describe("a Standard Webhooks message", async () => {
  it("of the reference library's test is known", async () => {
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const answer = await ask(headers, '{"test": 2432232314}');
    expect(name(answer)).toBe("servicenow");
    expect(answer).toMatchObject({
      signed: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", atSeconds: 1_614_265_330 },
    });
  });

  it("is known by either secret of a rotation, and by one of several signatures", async () => {
    const first = signed(FOREIGN, "{}")["webhook-signature"];
    const { "webhook-signature": second, ...rest } = signed(NEW, "{}");
    const both = { ...rest, "webhook-signature": `v1a,AAAA ${first} ${second}` };
    expect(name(await ask(signed(OLD, "{}"), "{}"))).toBe("servicenow");
    expect(name(await ask(signed(NEW, "{}"), "{}"))).toBe("servicenow");
    expect(name(await ask(both, "{}"))).toBe("servicenow");
  });

  it.each([
    ["a secret of nobody", signed(FOREIGN, "{}"), /no caller's secret/],
    ["another body", signed(OLD, "{} "), /no caller's secret/],
    ["no id", without("webhook-id"), /webhook-id/],
    ["an id with a dot", signed(OLD, "{}", { id: "msg.1" }), /webhook-id/],
    ["no timestamp", without("webhook-timestamp"), /webhook-timestamp/],
    ["a timestamp in words", { ...signed(OLD, "{}"), "webhook-timestamp": "now" }, /timestamp/],
    ["an empty signature", { ...signed(OLD, "{}"), "webhook-signature": "" }, /signature/],
    ["only another version", { ...signed(OLD, "{}"), "webhook-signature": "v2,AAAA" }, /no v1/],
    ["an odd length", { ...signed(OLD, "{}"), "webhook-signature": "v1,AAAA" }, /no v1/],
    ["the wrong time", { ...signed(OLD, "{}"), "webhook-timestamp": "1614265331" }, /secret/],
  ])("with %s is nobody's", async (_, headers, why) => {
    expect(await ask(headers, "{}")).toMatchObject({
      kind: "nobody",
      why: expect.stringMatching(why),
    });
  });

  it.each([
    [-301, null],
    [-300, "servicenow"],
    [300, "servicenow"],
    [301, null],
  ])("dated %i seconds from now is %j's", async (seconds, caller) => {
    const headers = signed(OLD, "{}", { atSeconds: NOW_MS / 1_000 + seconds });
    expect(name(await ask(headers, "{}"))).toBe(caller);
  });

  it("is nobody's after a change of any byte", () => {
    const body = '{"incident":1}';
    const headers = signed(OLD, body);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const rawBody = bytes(body);
        rawBody[at] = (rawBody[at] ?? 0) ^ flip;
        const message = {
          id: headers["webhook-id"],
          timestamp: headers["webhook-timestamp"],
          signature: headers["webhook-signature"],
        };
        expect(isSignedWith(OLD, { ...message, rawBody: bytes(body) })).toBe(true);
        expect(isSignedWith(OLD, { ...message, rawBody })).toBe(false);
      }),
    );
  });
});

describe("Jira's signature", async () => {
  it("of the known vector is right", async () => {
    const signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
    expect(isSignedByJira(JIRA, signature, bytes("Hello World!"))).toBe(true);
    expect(name(await ask({ "x-hub-signature": signature }, "Hello World!"))).toBe("jira");
  });

  it("is known by either secret of a rotation", async () => {
    expect(name(await ask(jiraSigned(`${JIRA}, once`, "{}"), "{}"))).toBe("jira");
  });

  it.each([
    ["another secret", jiraSigned("Everybody's secret is no secret", "{}")],
    ["another body", jiraSigned(JIRA, "{} ")],
    ["no scheme", { "x-hub-signature": "a4771c39" }],
    ["an odd length", { "x-hub-signature": "sha256=a47" }],
    ["another scheme", { "x-hub-signature": `sha1=${"0".repeat(40)}` }],
    ["an empty header", { "x-hub-signature": "" }],
  ])("with %s is nobody's", async (_, headers) => {
    expect((await ask(headers, "{}")).kind).toBe("nobody");
  });
});

describe("a request", async () => {
  it("without any credential is told how to show one", async () => {
    expect(await ask({})).toMatchObject({ kind: "nobody", why: expect.stringContaining("Bearer") });
  });

  it("is refused with the reason while nobody is configured", async () => {
    const headers = new Headers({ authorization: "Bearer key-one" });
    const request = { headers, named: null, body: async () => bytes("") };
    expect(await authenticate([], ENTRA, request, NOW_MS)).toMatchObject({
      kind: "nobody",
      why: expect.stringContaining("CALLERS"),
    });
  });

  it("of whatever headers never throws, and is nobody's", async () => {
    const names = fc.constantFrom(
      "authorization",
      "webhook-id",
      "webhook-timestamp",
      "webhook-signature",
      "x-hub-signature",
    );
    const scheme = fc.constantFrom("", "Bearer ", "v1,", "v1a,", "sha256=", "1614265330");
    const value = fc.tuple(scheme, fc.string()).map(([start, rest]) => `${start}${rest}`);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value), fc.string(), async (headers, body) => {
        expect((await ask(headers, body)).kind).toBe("nobody");
      }),
    );
  });

  it("is in trouble for its age before any secret is tried", () => {
    const message = { id: "m", timestamp: "0", signature: "v1,AAAA", rawBody: bytes("") };
    expect(messageTrouble(message, NOW_MS)).toMatch(/ago/);
  });
});

function without(dropped: string): Record<string, string> {
  const headers: Record<string, string> = signed(OLD, "{}");
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== dropped));
}
