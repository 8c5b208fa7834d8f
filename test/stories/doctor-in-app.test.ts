import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { doctor } from "../../local/doctor/doctor.ts";
import { examine } from "../../shared/doctor/examine.ts";
import type { Finding } from "../../shared/doctor/finding.ts";
import { findingsSchema } from "./answers.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const CANARY = "canary-in-the-token-of-the-app";
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
/** A token as the app's identity has it: it may look, but not run anything. */
const TOKEN = [
  part({ alg: "RS256" }),
  part({
    aud: "https://api.securitycenter.microsoft.com",
    exp: Math.floor(Date.now() / 1_000) + 3_600,
    roles: ["Machine.Read.All"],
  }),
  CANARY,
].join(".");
const OPERATOR = "the key of an operator";
const READER = "the key of a reader";
const CALLERS = JSON.stringify([
  { name: "operator", key: hashed(OPERATOR), may: ["operate", "run.read"] },
  { name: "reader", key: hashed(READER), may: ["run.read"] },
]);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    env: { CALLERS, DEFENDER_ACCESS_TOKEN: TOKEN, LIBRARY_CHECK: "list" },
  });
});
afterAll(async () => {
  await stage.close();
});

/** What `lrq doctor` says on a laptop that has an address, a key and nothing else. */
async function fromLaptop(key: string, url = stage.url, probe = false) {
  const said: string[] = [];
  const surroundings = { app: { url, key }, env: {}, folder: "/nowhere" };
  const say = (line: string) => void said.push(line);
  const code = await doctor({ json: true, probe }, { ...surroundings, say });
  const findings = z.custom<Finding[]>().parse(JSON.parse(said.join("")));
  return { code, findings, text: said.join("") };
}

const states = (findings: readonly Finding[]) =>
  findings.map(({ check, state }) => `${state} ${check}`);

const unheard = (): void => undefined;

/** What the settings of the app lead to from here, where they are known. */
async function examinedHere(): Promise<Finding[]> {
  const env = {
    AzureWebJobsStorage: stage.storage,
    DEFENDER_API_URL: stage.simulator.url,
    DEFENDER_ACCESS_TOKEN: TOKEN,
    POLL_SCHEDULE: "* * * * * *",
    CALLERS,
  };
  return await examine({ env, isApp: false, probe: false, nowMs: Date.now, fetch, log: unheard });
}

describe("lrq doctor, asked from a laptop", () => {
  it("says what the app finds, which is what is found with its settings here", async () => {
    const { code, findings, text } = await fromLaptop(OPERATOR);
    const [app, ...rest] = findings;
    expect(app).toMatchObject({ check: "app", state: "ok" });
    expect(states(rest)).toEqual(states(await examinedHere()));
    expect(states(rest)).toContain("error role Machine.LiveResponse");
    expect(states(rest)).toContain("error role Library.Manage");
    expect(code).toBe(1);
    expect(text).not.toMatch(new RegExp(`${CANARY}|AccountKey|${OPERATOR}`));
  });

  it.each([
    ["a caller without the right", READER, 403, /right operate/],
    ["a key that lrq does not know", "another key", 401, /LRQ_KEY/],
  ])("says the fix for %s", async (_, key, status, fix) => {
    const { code, findings } = await fromLaptop(key);
    expect(findings).toMatchObject([{ check: "app", state: "error" }]);
    expect(findings[0]?.what).toContain(String(status));
    expect(findings[0]?.fix).toMatch(fix);
    expect(code).toBe(1);
  });

  it.each([
    ["nothing answers", () => "http://127.0.0.1:9", /did not answer/],
    ["something else answers", () => stage.simulator.url, /not like lrq/],
  ])("says that %s at the address", async (_, url, what) => {
    const { findings } = await fromLaptop(OPERATOR, url());
    expect(findings).toMatchObject([{ check: "app", state: "error" }]);
    expect(findings[0]?.what).toMatch(what);
  });
});

describe("the doctor in the app", () => {
  it("answers as docs/api.md says, and names the version that examined itself", async () => {
    const { status, body } = await stage.call("GET", "doctor", undefined, { key: OPERATOR });
    expect(status).toBe(200);
    expect(findingsSchema.parse(body).version).not.toBe("");
  });

  it("pays for a probe, and sends none while lrq is paused, which it says", async () => {
    const posts = () => stage.simulator.arrivals().length;
    const before = posts();
    await fromLaptop(OPERATOR, stage.url, true);
    expect(posts()).toBe(before + 1);

    await stage.call("POST", "pause", { reason: "no more" }, { key: OPERATOR });
    const { findings } = await fromLaptop(OPERATOR, stage.url, true);
    expect(posts()).toBe(before + 1);
    const said = findings.map(({ check, what }) => `${check}: ${what}`).join("\n");
    expect(said).toMatch(/submissions: operator paused lrq at .*: no more/);
    expect(said).toMatch(/live response: Not asked: lrq is paused/);
  });
});
