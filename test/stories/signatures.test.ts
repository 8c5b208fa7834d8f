import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webhookText } from "../incident/webhooks.ts";
import { problemSchema } from "./answers.ts";
import { incident, machine } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const HMAC_KEY = Buffer.from("a shared secret of thirty-two by");
const JIRA_SECRET = "the secret of a webhook in Jira";
const may = ["incident.submit"];
const CALLERS = [
  { name: "signer", hmac: [`whsec_${HMAC_KEY.toString("base64")}`], may },
  { name: "jira", jira: [JIRA_SECRET], sources: ["jira"], may },
];

/** Those that the fixture of Jira names by id. */
const OF_JIRA = [1, 2, 3].map((number) =>
  machine(0x500 + number, { id: `0${number}${"e".repeat(36)}0${number}` }),
);

let stage: Stage;
beforeAll(async () => {
  const machines = [machine(1), ...OF_JIRA];
  stage = await openStage({ machines, env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterAll(async () => await stage.close());

/** The three headers of Standard Webhooks, made here from the specification alone. */
function signed(id: string, body: string, ageSeconds = 0): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000) - ageSeconds);
  const mac = createHmac("sha256", HMAC_KEY).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}

/** Blanks and characters outside ASCII, which only the bytes as sent can be checked with. */
const spaced = (id: string) => JSON.stringify(incident(`${id} \u00e4\u{1f512}`, [1]), null, 3);

describe("a request signed after Standard Webhooks", () => {
  it("is accepted over the very bytes sent, and its id is its idempotency key", async () => {
    const body = spaced("signed");
    const sending = (ageSeconds: number) => ({
      key: null,
      headers: signed("msg_1", body, ageSeconds),
    });
    const first = await stage.accept("generic", body, sending(10));
    const again = await stage.accept("generic", body, sending(5));
    expect(again.runId).toBe(first.runId);
    const other = spaced("other");
    const reused = { key: null, headers: signed("msg_1", other) };
    expect((await stage.post("generic", other, reused)).status).toBe(409);
  });

  it.each([
    ["with another body", () => signed("msg_2", "{}"), /no caller's secret/],
    [
      "that is ten minutes old",
      () => signed("msg_3", spaced("refused"), 600),
      /more than 300 seconds ago/,
    ],
    ["without an id", () => ({ ...signed("msg_4", "{}"), "webhook-id": "" }), /webhook-id/],
  ])("%s is refused", async (_, headers, why) => {
    const sending = { key: null, headers: headers() };
    const answered = await stage.post("generic", spaced("refused"), sending);
    expect(answered.status).toBe(401);
    expect(problemSchema.parse(answered.body).detail).toMatch(why);
  });
});

describe("a webhook signed by Jira", () => {
  const body = webhookText("jira");
  const withSecret = (secret: string) => ({
    key: null,
    headers: {
      "x-hub-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
  });

  it("is accepted, and with another secret refused", async () => {
    expect((await stage.accept("jira", body, withSecret(JIRA_SECRET))).sequences).toHaveLength(3);
    expect((await stage.post("jira", body, withSecret("some other secret"))).status).toBe(401);
  });

  it("is good for Jira's own source only", async () => {
    const answered = await stage.post("generic", body, withSecret(JIRA_SECRET));
    expect(answered.status).toBe(403);
  });
});

describe("a subscription of Microsoft Graph", () => {
  it("gets its validation token back as plain text, and nothing is stored for it", async () => {
    const before = await stage.rows();
    const query = { validationToken: "Validation: <b>token</b> +%20" };
    const answered = await stage.post("graph", undefined, { key: null, query });
    expect(answered).toMatchObject({ status: 200, body: query.validationToken });
    expect(answered.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(answered.headers.get("x-content-type-options")).toBe("nosniff");
    const work = ({ ledger }: typeof before) => ledger.filter((key) => /^(run|key)!/.test(key));
    expect(work(await stage.rows())).toEqual(work(before));
  });
});
