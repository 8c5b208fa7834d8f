import { describe, expect, it } from "vitest";
import { createReplays } from "../../../shared/access/replays.ts";
import { createRequestRates } from "../../../shared/access/request-rates.ts";
import { admitCaller } from "../../../shared/workflow/accept/request.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { jiraSigned, webhookSigned } from "../../stories/signing.ts";

const NOW_MS = 1_800_000_000_000;
const NOW_SECONDS = NOW_MS / 1_000;
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const FOREIGN = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const CALLERS = callersOf([
  { name: "sends", key: keyHash("a key"), may: ["incident.submit"], sources: ["generic"] },
  { name: "signs", hmac: [SECRET], may: ["incident.submit"] },
]);

function aDoor(perMinute = 100) {
  let read = 0;
  const keys = { find: async () => ({ kind: "unknown" as const }) };
  const door = {
    callers: CALLERS,
    entra: { authority: "https://login.example", keys },
    rates: createRequestRates(perMinute),
    replays: createReplays(),
  };
  const ask = async (
    headers: Record<string, string>,
    { query = {}, body = "{}", source = "generic" as const, nowMs = NOW_MS }: Asked = {},
  ) => {
    const request = {
      headers: new Headers(headers),
      query: new URLSearchParams(query),
      body: async () => {
        read += 1;
        return new TextEncoder().encode(body);
      },
    };
    const need = { right: "incident.submit" as const, scope: { source } };
    return await admitCaller(door, request, need, nowMs);
  };
  return { ask, read: () => read };
}

interface Asked {
  readonly query?: Record<string, string>;
  readonly body?: string;
  readonly source?: "generic" | "jira";
  readonly nowMs?: number;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe("the body of a request", () => {
  it.each([
    ["no credential", {}, {}, "unauthenticated"],
    ["a key of nobody", bearer("another"), {}, "unauthenticated"],
    ["a token of nobody", bearer("eyJh.eyJh.eyJh"), {}, "unauthenticated"],
    ["an old signature", webhookSigned(SECRET, "{}", "m", 1), {}, "unauthenticated"],
    ["a signature of no form", { "webhook-signature": "v1,AAAA" }, {}, "unauthenticated"],
    [
      "Jira's signature, of which nobody has a secret",
      jiraSigned("x", "{}"),
      {},
      "unauthenticated",
    ],
    [
      "a signature, and a name in the address that nobody has",
      webhookSigned(SECRET, "{}", "m", NOW_SECONDS),
      { query: { caller: "nobody" } },
      "unauthenticated",
    ],
    ["a key without the right for the source", bearer("a key"), { source: "jira" }, "forbidden"],
  ] as const)("is not read with %s", async (_, headers, asked, kind) => {
    const door = aDoor();
    expect(await door.ask(headers, asked)).toMatchObject({ kind });
    expect(door.read()).toBe(0);
  });

  it("is not read once the caller has sent its requests of the minute", async () => {
    const door = aDoor(2);
    for (let sent = 0; sent < 2; sent += 1) await door.ask(bearer("a key"));
    expect(await door.ask(bearer("a key"))).toMatchObject({
      kind: "too-many-requests",
      by: "sends",
      retryAfterSeconds: 60,
    });
    expect(door.read()).toBe(0);
  });
});

describe("the requests of a minute", () => {
  it("are those of one caller, and those that are refused count", async () => {
    const door = aDoor(2);
    const kinds = [];
    for (const source of ["jira", "generic", "generic"] as const) {
      kinds.push((await door.ask(bearer("a key"), { source })).kind);
    }
    kinds.push((await door.ask(webhookSigned(SECRET, "{}", "m", NOW_SECONDS))).kind);
    expect(kinds).toEqual(["forbidden", "admitted", "too-many-requests", "admitted"]);
  });

  it("are not used up by strangers who forge or copy the caller's signature", async () => {
    const door = aDoor(2);
    const captured = webhookSigned(SECRET, "{}", "m", NOW_SECONDS);
    const kinds = [(await door.ask(captured)).kind];
    for (let sent = 0; sent < 5; sent += 1) {
      kinds.push((await door.ask(captured)).kind);
      kinds.push((await door.ask(webhookSigned(FOREIGN, "{}", "n", NOW_SECONDS))).kind);
    }
    kinds.push((await door.ask(webhookSigned(SECRET, "{}", "m2", NOW_SECONDS))).kind);
    expect(new Set(kinds.slice(1, -1))).toEqual(new Set(["replayed", "unauthenticated"]));
    expect([kinds[0], kinds.at(-1)]).toEqual(["admitted", "admitted"]);
  });
});

describe("a signed request", () => {
  it("is refused when it comes again, also if its first answer was a refusal", async () => {
    const door = aDoor(1);
    await door.ask(webhookSigned(SECRET, "{}", "m1", NOW_SECONDS));
    const refused = webhookSigned(SECRET, "{}", "m2", NOW_SECONDS);
    expect((await door.ask(refused)).kind).toBe("too-many-requests");
    const nowMs = NOW_MS + 60_000;
    expect((await door.ask(refused, { nowMs })).kind).toBe("replayed");
    const anew = webhookSigned(SECRET, "{}", "m2", nowMs / 1_000);
    expect((await door.ask(anew, { nowMs })).kind).toBe("admitted");
  });
});
