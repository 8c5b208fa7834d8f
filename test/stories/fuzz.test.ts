import { Agent, request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeededRandom } from "../../local/memory/random.ts";
import { RIGHTS } from "../../shared/access/caller.ts";
import { SOURCES } from "../../shared/incident/incident.ts";
import { page, tableIn, unquoted } from "../docs/markdown.ts";
import { incident } from "./machines.ts";
import { hashed, jiraSigned, webhookSigned } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * Ten thousand requests nobody sane would send: what is sent is drawn from a seed, so that a
 * failure can be repeated.
 */

const SEED = 20_261_121;
const FROM_STRANGERS = 8_000;
const FROM_A_CALLER = 2_000;
const AT_ONCE = 16;

const KEY = "the key of the fuzz";
const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const JIRA = "the secret jira signs with";
const CALLERS = [
  { name: "fuzz", key: hashed(KEY), may: RIGHTS.filter((right) => right !== "operate") },
  { name: "signs", hmac: [SECRET], jira: [JIRA], may: ["incident.submit"] },
];
const ROUTES = tableIn(page("docs/api.md"))
  // Of the others nobody has to be known: they have no data.
  .flatMap(([route = "", right = ""]) => (unquoted(right) === "none" ? [] : [unquoted(route)]));

/** Where bodies are read; a caller's go there more often than elsewhere. */
const SUBMIT = "POST incidents/{source}";

let random = createSeededRandom(SEED);
const upTo = (most: number) => Math.floor(random.fraction() * (most + 1));
const pick = <T>(all: readonly T[], fallback: T): T => all[upTo(all.length - 1)] ?? fallback;
const chance = (probability: number) => random.fraction() < probability;
const times = (count: number, one: () => string) => Array.from({ length: count }, one).join("");

/** Visible characters of Latin 1, which is all that a header can hold. */
const headerText = () =>
  times(upTo(60), () => String.fromCharCode(chance(0.9) ? 0x20 + upTo(0x5e) : 0xa0 + upTo(0x5f)));

const PIECES = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "\\u0000",
  "__proto__",
  "1e999",
  "null",
  "\ud800",
];
const SHAPES: readonly (() => Buffer)[] = [
  () =>
    Buffer.from(
      times(upTo(200), () => String.fromCharCode(upTo(255))),
      "latin1",
    ),
  () => Buffer.from(times(upTo(80), () => pick(PIECES, "{"))),
  () => Buffer.from("[".repeat(upTo(2_000))),
  () => Buffer.from(`{"a":`.repeat(upTo(40)) + "1" + "}".repeat(upTo(40))),
  () => Buffer.from(`{${times(upTo(chance(0.1) ? 3_000 : 30), () => `"${upTo(9_999)}":1,`)}"z":1}`),
  () => Buffer.alloc(upTo(chance(0.01) ? 2_500_000 : 300), "x"),
  () => mutated(JSON.stringify(incident(headerText(), [upTo(5)]))),
  () => Buffer.from(JSON.stringify(hostileIncident())),
  // Some have to be let in: what comes after that is to be met with as well.
  () => Buffer.from(JSON.stringify(incident(`fuzz ${upTo(99)}`, [1 + upTo(4), 1 + upTo(4)]))),
  () => Buffer.alloc(0),
];

/** An incident with values of the wrong kind in the right places. */
function hostileIncident(): object {
  const odd = [null, 0, -1, 1e300, true, [], {}, "", "../..", "\u0000", "x".repeat(900)];
  const id = chance(0.5) ? headerText() : pick<unknown>(odd, null);
  return {
    incident: {
      id,
      title: pick<unknown>(odd, null),
      severity: pick<unknown>([...odd, "high"], null),
    },
    machines: Array.from({ length: upTo(4) }, () => ({
      machineId: pick<unknown>([...odd, "0".repeat(40)], null),
      name: pick<unknown>([...odd, "pc-1"], null),
    })),
    ...(chance(0.2) ? { approved: true, lane: 0, callers: [] } : {}),
    ...(chance(0.2) ? { constructor: { prototype: { admin: true } } } : {}),
  };
}

function mutated(text: string): Buffer {
  const bytes = Buffer.from(text);
  for (let change = 0; change <= upTo(4); change += 1) bytes[upTo(bytes.length - 1)] = upTo(255);
  return bytes;
}

/** What strangers show: forged, broken or borrowed, and never right. */
const CREDENTIALS: readonly ((body: Buffer) => Record<string, string>)[] = [
  () => ({}),
  () => ({ authorization: headerText() }),
  () => ({ authorization: `Bearer ${headerText()}` }),
  () => ({ authorization: `Bearer ${hashed(KEY)}` }),
  () => ({ authorization: `Basic ${Buffer.from(`fuzz:${KEY}`).toString("base64")}` }),
  () => ({ authorization: `Bearer eyJ${times(3, () => `${upTo(9e15).toString(36)}.`)}x` }),
  () => ({ authorization: `Bearer ${unsignedToken()}` }),
  () => webhookSigned(SECRET, "another body", headerText(), upTo(4e9)),
  () => ({ ...webhookSigned(SECRET, "", "m"), "webhook-signature": headerText() }),
  () => ({
    "webhook-id": "m",
    "webhook-timestamp": "9".repeat(upTo(40)),
    "webhook-signature": "v1,",
  }),
  () => jiraSigned("not the secret", "{}"),
  () => ({ "x-hub-signature": headerText() }),
  () => ({ "x-ms-client-principal": Buffer.from('{"userRoles":["operate"]}').toString("base64") }),
  (body) => jiraSigned(`${JIRA} `, body.toString("latin1")),
];

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function unsignedToken(): string {
  const alg = pick<unknown>(["none", "HS256", "RS256", 7, null], null);
  return `${part({ alg, kid: headerText() })}.${part({ tid: headerText(), roles: ["operate"] })}.`;
}

const odd = () => encodeURIComponent(headerText()) || "x";

function path(route: string): string {
  const filled = route.replaceAll(/\{\w+(?::\w+)?\??\}/g, () =>
    chance(0.5) ? pick<string>(SOURCES, "generic") : chance(0.5) ? "0".repeat(20) : odd(),
  );
  return chance(0.5) ? filled : `${filled}?${odd()}=${odd()}&profile=${odd()}&again=true`;
}

function headers(): Record<string, string> {
  return {
    ...(chance(0.7) ? { "content-type": chance(0.7) ? "application/json" : headerText() } : {}),
    ...(chance(0.2) ? { "idempotency-key": headerText() } : {}),
    ...(chance(0.1) ? { "x-forwarded-for": headerText(), "content-encoding": "gzip" } : {}),
  };
}

let stage: Stage;
let agent: Agent;
/** A stage and draws of its own for each: what one has stored must not excuse the other. */
beforeEach(async () => {
  random = createSeededRandom(SEED);
  agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  stage = await openStage({ env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterEach(async () => {
  agent.destroy();
  await stage.close();
});

/** One drawn request; 0 for a connection the host broke off in the middle of the body. */
async function send(
  credential: (body: Buffer) => Record<string, string>,
  routes: readonly string[],
): Promise<number> {
  const body = pick(SHAPES, () => Buffer.alloc(0))();
  const [method = "GET", route = ""] = pick(routes, "GET status").split(" ");
  const options = { agent, method, headers: { ...headers(), ...credential(body) } };
  const url = `${stage.url}/api/${path(route)}`;
  return await new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    });
    sent.once("error", (error) => {
      if ("code" in error && (error.code === "EPIPE" || error.code === "ECONNRESET")) resolve(0);
      else reject(error);
    });
    sent.end(method === "GET" ? undefined : body);
  });
}

/** What the app says of its mistakes, if it made any. */
const endOfLog = () =>
  stage.log
    .filter((line) => line.includes('"unforeseen"'))
    .slice(-10)
    .join("\n");

async function statuses(count: number, one: () => Promise<number>): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  let left = count;
  const sender = async () => {
    while (left > 0) {
      left -= 1;
      const status = await one();
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return counts;
}

describe("hostile requests", () => {
  it(`of strangers, ${FROM_STRANGERS} of them, are refused and store nothing`, async () => {
    const seen = await statuses(FROM_STRANGERS, async () => {
      return await send(
        pick(CREDENTIALS, () => ({})),
        ROUTES,
      );
    });
    // 404 is for paths the host does not know; of Graph's handshake nothing is drawn.
    const others = [...seen.keys()].filter((status) => ![0, 400, 401, 404].includes(status));
    expect(others, `seed ${SEED}: ${JSON.stringify([...seen])}`).toEqual([]);
    expect(seen.get(401)).toBeGreaterThan(FROM_STRANGERS / 2);
    expect(await stage.rows()).toEqual({ ledger: [], messages: 0 });
    expect(stage.simulator.reads()).toEqual({});
  });

  it(`of a known caller, ${FROM_A_CALLER} of them, never break the app`, async () => {
    const right = [
      () => ({ authorization: `Bearer ${KEY}` }),
      (body: Buffer) => jiraSigned(JIRA, body.toString("latin1")),
    ];
    const seen = await statuses(
      FROM_A_CALLER,
      async () =>
        await send(
          pick(right, () => ({})),
          chance(0.7) ? [SUBMIT, "POST incidents/generic"] : ROUTES,
        ),
    );
    // Storage and Defender are there, so nothing excuses even a 503.
    const broken = [...seen.keys()].filter((status) => status >= 500);
    expect(broken, `seed ${SEED}: ${JSON.stringify([...seen])}\n${endOfLog()}`).toEqual([]);
    expect(seen.get(202)).toBeGreaterThan(0);
    expect(seen.get(400)).toBeGreaterThan(FROM_A_CALLER / 10);
    const answered = await stage.call("GET", "status", undefined, { key: KEY });
    expect(answered.status).toBe(200);
  });
});
