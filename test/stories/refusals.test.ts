import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Sending } from "./asking.ts";
import { problemSchema } from "./answers.ts";
import { incident } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const CALLERS = [
  { name: "everything", key: hashed("all"), may: ["incident.submit", "run.read", "operate"] },
  { name: "reader", key: hashed("reader"), may: ["run.read"] },
  { name: "jira-only", key: hashed("jira"), may: ["incident.submit"], sources: ["jira"] },
  {
    name: "files-only",
    key: hashed("files"),
    may: ["incident.submit"],
    profiles: ["collect-file"],
  },
];

interface Refusal {
  readonly source?: string;
  readonly body: unknown;
  readonly sending?: Sending;
  readonly status: number;
  readonly type: string;
  /** What a person has to be told to act on it. */
  readonly tells: RegExp;
}

const GOOD = incident("refused", [1]);
const json = (text: string) => text;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a body over 2 MiB": {
    body: { ...GOOD, padding: "x".repeat(2_097_152) },
    status: 413,
    type: "too-large",
    tells: /2097152 bytes/,
  },
  "a body nested 10,000 deep": {
    body: json("[".repeat(10_000) + "]".repeat(10_000)),
    status: 400,
    type: "bad-request",
    tells: /at most 32 deep/,
  },
  "a body with 200,000 members": {
    body: json(`[${"0,".repeat(100_000)}0]`),
    status: 400,
    type: "bad-request",
    tells: /at most 60000 keys/,
  },
  "a body with a key in it twice": {
    body: json('{"incident":{"id":"1","id":"2"},"machines":[]}'),
    status: 400,
    type: "bad-request",
    tells: /twice/,
  },
  "a body that is not JSON": {
    body: json("incident=1&machines=2"),
    status: 400,
    type: "bad-request",
    tells: /Send JSON/,
  },
  "no body": { body: json(""), status: 400, type: "bad-request", tells: /Send JSON/ },
  "a form": {
    body: json("incident=1"),
    sending: { headers: { "content-type": "application/x-www-form-urlencoded" } },
    status: 415,
    type: "wrong-type",
    tells: /application\/json/,
  },
  "a source nobody knows": {
    source: "pagerduty",
    body: GOOD,
    status: 404,
    type: "not-found",
    tells: /sentinel, defender, graph, servicenow, jira, generic/,
  },
  "a profile nobody knows": {
    body: { ...GOOD, profile: "no-such-profile" },
    status: 400,
    type: "bad-request",
    tells: /"path":"profile".*collect-file.*windows-triage/,
  },
  "a parameter the profile does not allow": {
    body: GOOD,
    sending: { query: { profile: "windows-triage", "parameter.days": "365" } },
    status: 400,
    type: "bad-request",
    tells: /"path":"parameters\.days"/,
  },
  "a field of another type": {
    body: { incident: { id: 7, severity: "dire" }, machines: [{ machineId: 7 }] },
    status: 400,
    type: "bad-request",
    tells: /"path":"incident\.severity".*"path":"machines\.0\.machineId"/,
  },
  "an Idempotency-Key with a space": {
    body: GOOD,
    sending: { headers: { "idempotency-key": "two words" } },
    status: 400,
    type: "bad-request",
    tells: /"path":"Idempotency-Key"/,
  },
  "no credential": {
    body: GOOD,
    sending: { key: null },
    status: 401,
    type: "unauthenticated",
    tells: /Authorization: Bearer/,
  },
  "a wrong key": {
    body: GOOD,
    sending: { key: "guessed" },
    status: 401,
    type: "unauthenticated",
    tells: /no caller has this key/,
  },
  "a caller without the right": {
    body: GOOD,
    sending: { key: "reader" },
    status: 403,
    type: "forbidden",
    tells: /reader lacks the right incident\.submit/,
  },
  "a caller of another source": {
    body: GOOD,
    sending: { key: "jira" },
    status: 403,
    type: "forbidden",
    tells: /jira-only .*generic/,
  },
  "a caller that asks for a profile not its own": {
    body: GOOD,
    sending: { key: "files", query: { profile: "windows-triage" } },
    status: 403,
    type: "forbidden",
    tells: /files-only .*windows-triage/,
  },
  "a caller that is routed to a profile not its own": {
    body: GOOD,
    sending: { key: "files" },
    status: 403,
    type: "forbidden",
    tells: /files-only .*windows-triage/,
  },
  "running anew without the right": {
    body: GOOD,
    sending: { query: { again: "true" } },
    status: 403,
    type: "forbidden",
    tells: /everything lacks the right again/,
  },
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterAll(async () => await stage.close());
/** Nothing is stored, and nothing was asked of Defender. */
afterEach(async () => {
  expect(await stage.rows()).toEqual({ ledger: [], messages: 0 });
  expect(stage.simulator.arrivals()).toEqual([]);
  expect(stage.simulator.reads()).toEqual({});
});

describe("a webhook is refused, in words a person can act on, for", () => {
  it.each(Object.entries(REFUSALS))("%s", async (_, refusal) => {
    const { source = "generic", body, sending = {}, status, type, tells } = refusal;
    const answered = await stage.post(source, body, { key: "all", ...sending });
    const problem = problemSchema.parse(answered.body);
    expect([answered.status, problem.status]).toEqual([status, status]);
    expect(problem.type).toBe(`urn:lrq:problem:${type}`);
    expect(answered.headers.get("content-type")).toBe("application/problem+json");
    expect(answered.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    expect(JSON.stringify([problem.detail, problem.errors])).toMatch(tells);
  });
});

describe("every other route is refused without a right for it", () => {
  it.each([
    ["GET", "runs/00000000000000000000", "jira", 403],
    ["GET", "runs/00000000000000000000/manifest", "jira", 403],
    ["GET", "runs/00000000000000000000/evidence/00000000000000000000.0/0", "reader", 403],
    ["POST", "runs/00000000000000000000/cancel", "reader", 403],
    ["GET", "status", "jira", 403],
    ["POST", "pause", "reader", 403],
    ["POST", "resume", "reader", 403],
    ["GET", "status", "guessed", 401],
    ["GET", "runs/00000000000000000000", "reader", 404],
    ["GET", "runs/00000000000000000000/manifest", "reader", 404],
    ["POST", "pause", "all", 400],
  ] as const)("%s %s as %s: %i", async (method, path, key, status) => {
    const body = method === "POST" ? {} : undefined;
    const answered = await stage.call(method, path, body, { key });
    expect(problemSchema.parse(answered.body).status).toBe(status);
    expect(answered.status).toBe(status);
  });
});

function hashed(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}
