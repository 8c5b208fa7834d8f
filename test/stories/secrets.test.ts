import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as pass } from "node:timers/promises";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RIGHTS } from "../../shared/access/caller.ts";
import { appClaims, APP, AUDIENCE, TENANT } from "../access/tokens.ts";
import { webhookText } from "../incident/webhooks.ts";
import { acceptedSchema } from "./answers.ts";
import type { Sending } from "./asking.ts";
import { startAuthority, type EntraAuthority } from "./entra-authority.ts";
import { incident, machine, machines } from "./machines.ts";
import { hashed, jiraSigned, webhookSigned } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";
import { storageDump, visibleMessages } from "./storage-dump.ts";
import { sendMessage } from "./storage-rows.ts";

/*
 * Every secret the app is given has a value of its own here; then a story runs in which much goes
 * wrong, and all that it left behind is searched for them.
 */

const secretOf = (word: string) => `whsec_${Buffer.from(word.padEnd(32, "!")).toString("base64")}`;
const CANARIES: Record<string, string> = {
  "the key of a caller": "canary-caller-key-3f9a1c",
  "a Standard Webhooks secret": secretOf("canary-webhook-secret"),
  "Jira's secret": "canary-jira-secret-71d0",
  "the token for Defender": "canary-defender-token-c55e",
  "the secret of callbacks": secretOf("canary-callback-secret"),
  "a header of callbacks": "canary-callback-header-90b2",
  "the query of a callback's address": "canary-callback-query-4e8d",
  "the secret of callbacks that are asked for": secretOf("canary-asked-secret"),
  "the query of an address that is asked for": "canary-asked-query-b61c",
  "the token for Azure's management": "canary-management-token-2d0f",
};
/** An address that came with a request is nowhere but in its run, which has to send there. */
const KEPT: Readonly<Record<string, RegExp>> = {
  "the query of an address that is asked for": /^table ledger, row run!/,
};
const canary = (name: string) => CANARIES[name] ?? "";

/** What a result link ends in: whoever has it has the result. */
const LINK = /[?&"]sig=|sig%3D|CustomPlaybookCommandOutput/i;

/** What the receiver of callbacks was shown, which may know its own secrets. */
const shown: string[] = [];
/** Results that were read. */
let read = 0;
/** All that came out of the app, in words of where. */
const heard: { where: string; bytes: Buffer }[] = [];
let authority: EntraAuthority;
let receiver: Server;
let stage: Stage;

beforeAll(async () => {
  authority = await startAuthority();
  receiver = await startReceiver();
  stage = await openStage({
    machines: [...machines(8), ...SENTINEL_MACHINES],
    faults: [
      { on: "submit", fault: "401", nth: 1 },
      { on: "submit", fault: "403", nth: 3 },
      { on: "submit", fault: "500", nth: 4 },
      { on: "list", fault: "401", nth: 2 },
      { on: "list", fault: "html", nth: 3 },
      { on: "link", fault: "500", nth: 1 },
      { on: "download", fault: "403", nth: 1 },
      { on: "download", fault: "drop-after", nth: 2 },
    ],
    env: {
      CALLERS: JSON.stringify(callers()),
      ENTRA_AUTHORITY: authority.url,
      DEFENDER_ACCESS_TOKEN: canary("the token for Defender"),
      CALLBACK_HOSTS: "127.0.0.1",
      CALLBACK_ALLOW_LOOPBACK: "true",
      CALLBACK_SCHEDULE_SECONDS: "1,1",
      SENTINEL_COMMENTS: "true",
      AZURE_MANAGEMENT_URL: `http://127.0.0.1:${portOf(receiver)}`,
      AZURE_MANAGEMENT_ACCESS_TOKEN: canary("the token for Azure's management"),
      // All that the storage clients can be made to say.
      AZURE_LOG_LEVEL: "verbose",
    },
  });
  CANARIES["an Entra token"] = await authority.sign(appClaims(authority.url, Date.now()));
  CANARIES["the storage key"] = /AccountKey=([^;]+)/.exec(stage.storage)?.[1] ?? "";
});
afterAll(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await authority.close();
});

function callers(): object[] {
  const url = `http://127.0.0.1:${portOf(receiver)}/?token=${canary("the query of a callback's address")}`;
  const header = { name: "authorization", value: `Basic ${canary("a header of callbacks")}` };
  const callbacks = [{ url, secret: canary("the secret of callbacks"), header }];
  const callbackSecret = canary("the secret of callbacks that are asked for");
  const submits = { may: ["incident.submit"], callbacks };
  return [
    {
      name: "all",
      key: hashed(canary("the key of a caller")),
      all: true,
      may: RIGHTS,
      callbacks,
      callbackSecret,
    },
    { name: "signs", hmac: [canary("a Standard Webhooks secret")], ...submits },
    { name: "jira", jira: [canary("Jira's secret")], ...submits },
    { name: "app", entra: { tenant: TENANT, audience: AUDIENCE, apps: [APP] }, ...submits },
  ];
}

/** Somebody else's system, which fails at first and then tells everybody what it was sent. */
async function startReceiver(): Promise<Server> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    shown.push(`${request.url} ${JSON.stringify(request.headers)}`);
    response.writeHead(calls % 3 === 0 ? 200 : 500, {
      "x-echo": request.headers.authorization ?? "nobody",
    });
    response.end(`${request.url} ${JSON.stringify(request.headers)}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

/** Asks as somebody who may do everything, and keeps the answer. */
async function ask(method: "GET" | "POST", path: string, body?: unknown, sending: Sending = {}) {
  const key = canary("the key of a caller");
  const answered = await stage.call(method, path, body, { key, ...sending });
  const said = JSON.stringify([...answered.headers, answered.body]);
  heard.push({ where: `the answer to ${method} ${path}`, bytes: Buffer.from(said) });
  return answered;
}

async function finished(runId: string): Promise<void> {
  await until(
    async () => JSON.stringify((await ask("GET", `runs/${runId}`)).body),
    (run) => run.includes('"state":"finished"'),
    (run) => `${run}\n${stage.log.slice(-40).join("\n")}`,
  );
}

/** The machines that the fixture of Sentinel speaks of. */
const SENTINEL_MACHINES = [1, 2, 3].map((number) =>
  machine(number, { id: `0${number}${"a".repeat(36)}0${number}` }),
);
const SENTINEL = webhookText("sentinel");

const text = (name: string, of: readonly number[]) => JSON.stringify(incident(name, of));

/**
 * One incident in every way to be known and to be told of; all of them run, with all that goes
 * wrong on the way.
 */
async function submitInEveryWay(): Promise<string[]> {
  const [byHand, bySignature, byJira, byApp] = [
    text("by a key", [1, 2]),
    text("by a signature", [3, 4]),
    text("by jira", [5, 6]),
    text("by an app", [7, 8]),
  ];
  const bearer = { authorization: `Bearer ${canary("an Entra token")}` };
  const signed = webhookSigned(canary("a Standard Webhooks secret"), bySignature, "msg_1");
  const jira = jiraSigned(canary("Jira's secret"), byJira);
  const callback = `http://127.0.0.1:${portOf(receiver)}/asked?code=${canary("the query of an address that is asked for")}`;
  const answers = [
    await ask("POST", "incidents/generic", byHand, { query: { callback } }),
    await ask("POST", "incidents/sentinel", SENTINEL),
    await ask("POST", "incidents/generic", bySignature, { key: null, headers: signed }),
    await ask("POST", "incidents/generic", byJira, { key: null, headers: jira }),
    await ask("POST", "incidents/generic", byApp, { key: null, headers: bearer }),
  ];
  return answers.map(({ body }) => acceptedSchema.parse(body).runId);
}

const listedSchema = z.object({
  evidence: z.array(z.object({ sequenceId: z.string(), index: z.number() })),
});

/** Waits until the receiver has been shown all that it is shown by rights. */
async function untilReceived(): Promise<void> {
  const names = [
    "a header of callbacks",
    "the query of a callback's address",
    "the query of an address that is asked for",
    "the token for Azure's management",
  ];
  await until(
    () => names.filter((name) => !shown.join("\n").includes(canary(name))),
    (left) => left.length === 0,
    (left) => `never shown: ${left.join(", ")}`,
  );
}

/** Looks at the queues until `over`: most messages are gone again within a second. */
async function watchQueues(over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    heard.push(...(await visibleMessages(stage.storage)));
    await pass(50);
  }
}

/** Secrets where they do not belong, as they arrive when somebody mixes up two fields. */
async function mixUp(): Promise<void> {
  const body = JSON.stringify(incident("mixed up", [1]));
  for (const secret of Object.values(CANARIES)) {
    const callback = `https://evil.example/?sig=${secret}`;
    await ask("POST", "incidents/generic", body, { query: { callback } });
    await ask("POST", "incidents/generic", body, { key: `${secret}x` });
    await ask("POST", "pause", {}, { key: null, headers: { "x-functions-key": secret } });
    await ask("GET", "status", undefined, {
      key: null,
      headers: { authorization: `Basic ${secret}` },
    });
    const headers = { "webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": secret };
    await ask("POST", "incidents/generic", body, { key: null, headers });
    await ask("POST", "incidents/jira", body, {
      key: null,
      headers: { "x-hub-signature": secret },
    });
  }
}

describe("after a story with all secrets, and much that goes wrong", () => {
  beforeAll(async () => {
    const over = new AbortController();
    const watching = watchQueues(over.signal);
    const runIds = await submitInEveryWay();
    await mixUp();
    for (const runId of runIds) await finished(runId);
    await untilReceived();
    await sendMessage(stage.storage, "results", { v: 1, collect: { sequenceId: "no such one" } });
    await sendMessage(stage.storage, "command-sequences", { v: 9 });
    await ask("POST", "pause", { reason: "to see what is said" });
    await ask("POST", "resume");
    for (const path of ["status", "audit", "health"]) await ask("GET", path);
    for (const runId of runIds) {
      await ask("GET", `runs/${runId}/manifest`);
      await ask("GET", `runs/${runId}/audit`);
      const { body } = await ask("GET", `runs/${runId}/evidence`);
      for (const { sequenceId, index } of listedSchema.parse(body).evidence) {
        const { status } = await ask("GET", `runs/${runId}/evidence/${sequenceId}/${index}`);
        if (status === 200) read += 1;
      }
      await ask("POST", `runs/${runId}/cancel`);
    }
    over.abort();
    await watching;
    await stage.close();
    heard.push({ where: "the log of the host", bytes: Buffer.from(stage.log.join("\n")) });
    heard.push(...(await storageDump(stage.storage)));
  });

  it("there is something to search", () => {
    const all = heard.map(({ where }) => where.replace(/[, ].*/, ""));
    expect(new Set(all)).toEqual(new Set(["the", "table", "queue", "container"]));
    expect(Buffer.concat(heard.map(({ bytes }) => bytes)).byteLength).toBeGreaterThan(50_000);
    expect(stage.log.join()).toMatch(/azure:storage-/);
    expect(stage.simulator.reads()["link"] ?? 0).toBeGreaterThan(4);
    expect(read).toBeGreaterThan(4);
    expect(Object.values(CANARIES).every((each) => each.length > 12)).toBe(true);
    // A search that finds nothing is no proof of anything.
    const found = heard.filter(({ bytes }) => bytes.includes("Story by a signature"));
    expect(found.some(({ where }) => where.startsWith("table"))).toBe(true);
    expect(JSON.stringify(heard.map(({ bytes }) => bytes.toString("latin1")))).toMatch(/stored/);
  });

  it.each([...Object.keys(CANARIES), "an Entra token", "the storage key"])(
    "%s is nowhere it need not be",
    (name) => {
      const secret = canary(name);
      expect(secret.length).toBeGreaterThan(12);
      const forms = [
        secret,
        secret.replace("whsec_", ""),
        Buffer.from(secret).toString("base64").replace(/=+$/, ""),
        Buffer.from(secret).toString("hex"),
        encodeURIComponent(secret),
      ];
      const found = heard
        .filter(({ bytes }) => forms.some((form) => bytes.includes(form)))
        .filter(({ where }) => KEPT[name]?.test(where) !== true);
      expect(found.map(({ where, bytes }) => `${where}: ${around(bytes, forms)}`)).toEqual([]);
    },
  );

  it("no link to a result is anywhere", () => {
    const found = heard.filter(({ bytes }) => LINK.test(bytes.toString("latin1")));
    expect(found.map(({ where }) => where)).toEqual([]);
  });
});

describe("an app whose settings are wrong", () => {
  it("shows none of them in answers or log", async () => {
    const bad = { name: "two words", may: ["everything"], hmac: ["whsec_canary-too-short"] };
    const broken = await openStage({
      env: {
        CALLERS: JSON.stringify([...callers(), { ...bad, key: "canary-plain-key" }]),
        DEFENDER_API_URL: "https://defender.example",
        DEFENDER_ACCESS_TOKEN: canary("the token for Defender"),
        DEFENDER_MAX_SESSIONS: "canary-many",
      },
    });
    const answered = await broken.call("GET", "status");
    const queues = QueueServiceClient.fromConnectionString(broken.storage);
    await queues.getQueueClient("results").createIfNotExists();
    await sendMessage(broken.storage, "results", { v: 1, collect: { sequenceId: "any" } });
    await expect.poll(() => broken.log.join("\n")).toContain("collectResults failed");
    await broken.close();
    expect(answered.status).toBe(503);
    const said = `${JSON.stringify(answered.body)}\n${broken.log.join("\n")}`;
    expect(said).toMatch(/the settings are wrong/);
    const key = /AccountKey=([^;]+)/.exec(broken.storage)?.[1] ?? "no key";
    for (const secret of [...Object.values(CANARIES), "canary", key]) {
      expect(said).not.toContain(secret);
    }
  });
});

/** Some text around the first of the forms, to see what shows it. */
function around(bytes: Buffer, forms: readonly string[]): string {
  const at = Math.max(...forms.map((form) => bytes.indexOf(form)));
  return bytes.subarray(Math.max(0, at - 120), at + 60).toString("latin1");
}
