import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS, type Right } from "../../shared/access/caller.ts";
import { appClaims, AUDIENCE, personClaims, TENANT } from "../access/tokens.ts";
import { page, tableIn, unquoted } from "../docs/markdown.ts";
import { problemSchema } from "./answers.ts";
import { startAuthority, type EntraAuthority } from "./entra-authority.ts";
import { hashed, jiraSigned, webhookSigned } from "./signing.ts";
import type { Method } from "./asking.ts";
import { openStage, type Stage } from "./stage.ts";

/**
 * Every route with the right it needs, as the page about the interface tells it to callers; that
 * the page has every route that is registered is for its own test.
 */
const ROUTES = tableIn(page("docs/api.md")).map(([route = "", right = ""]) => ({
  route: unquoted(route),
  needs: unquoted(right),
}));

/** A way to be known, and what a request has to carry for it. */
interface Scheme {
  readonly name: string;
  /** What it is good for, beside what the caller may do. */
  readonly goodFor: readonly string[];
  /** The credential of the `number`th right, as CALLERS has it. */
  readonly credential: (number: number) => object;
  readonly headers: (number: number, body: string) => Promise<Record<string, string>>;
}

const EVERYTHING: readonly string[] = [...RIGHTS];
const guid = (number: number) => `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`;
const secret = (number: number) => `whsec_${Buffer.alloc(32, number + 1).toString("base64")}`;
const entra = (more: object) => ({ entra: { tenant: TENANT, audience: AUDIENCE, ...more } });
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

let authority: EntraAuthority;
let signatures = 0;
const SCHEMES: readonly Scheme[] = [
  {
    name: "a key",
    goodFor: EVERYTHING,
    credential: (number) => ({ key: hashed(`key ${number}`) }),
    headers: async (number) => bearer(`key ${number}`),
  },
  {
    name: "a Standard Webhooks signature",
    goodFor: ["incident.submit"],
    credential: (number) => ({ hmac: [secret(number)] }),
    headers: async (number, body) => {
      signatures += 1;
      return webhookSigned(secret(number), body, `msg_${signatures}`);
    },
  },
  {
    name: "Jira's signature",
    goodFor: ["incident.submit"],
    credential: (number) => ({ jira: [`the secret of jira ${number}`] }),
    headers: async (number, body) => jiraSigned(`the secret of jira ${number}`, body),
  },
  {
    name: "an app's token",
    // An app is nobody who could approve.
    goodFor: EVERYTHING.filter((right) => right !== "run.approve"),
    credential: (number) => entra({ apps: [guid(number)] }),
    headers: async (number) =>
      bearer(await authority.sign(appClaims(authority.url, Date.now(), { azp: guid(number) }))),
  },
  {
    name: "a person's token",
    goodFor: EVERYTHING,
    credential: (number) => entra({ people: [guid(100 + number)] }),
    headers: async (number) => {
      const claims = personClaims(authority.url, Date.now(), { oid: guid(100 + number) });
      return bearer(await authority.sign(claims));
    },
  },
];

/** Who may do exactly one thing each, in every way to be known. */
const CALLERS = SCHEMES.flatMap(({ credential }, scheme) =>
  RIGHTS.map((right, number) => ({
    name: `${scheme}.${right}`,
    ...credential(number),
    all: true,
    may: [right],
  })),
);

const STRANGERS: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
  nobody: async () => ({}),
  "a wrong key": async () => bearer("key 99"),
  "the hash of a key": async () => bearer(hashed("key 0")),
  "a wrong signature": async () => webhookSigned(secret(99), "{}", "msg_stranger"),
  "an old signature": async () => webhookSigned(secret(0), "{}", "msg_old", 1_600_000_000),
  "a wrong Jira signature": async () => jiraSigned("the secret of jira 99", "{}"),
  "an app of nobody": async () =>
    bearer(await authority.sign(appClaims(authority.url, Date.now(), { azp: guid(999) }))),
  "an expired token": async () =>
    bearer(await authority.sign(appClaims(authority.url, 0, { azp: guid(0) }))),
  "a principal of the platform's": async () => {
    const claims = [{ typ: "roles", val: "operate" }];
    const principal = Buffer.from(JSON.stringify({ auth_typ: "aad", claims })).toString("base64");
    return { "x-ms-client-principal": principal, "x-ms-client-principal-id": guid(0) };
  },
  "a function key": async () => ({ "x-functions-key": "key 0" }),
};

let stage: Stage;
/** For the tests beside it only: what callers may store must not excuse what strangers store. */
function onAnAppOfTheirOwn(): void {
  beforeAll(async () => {
    authority = await startAuthority();
    stage = await openStage({
      env: { CALLERS: JSON.stringify(CALLERS), ENTRA_AUTHORITY: authority.url },
    });
  });
  afterAll(async () => {
    await stage.close();
    await authority.close();
  });
}

describe("the rights", () => {
  onAnAppOfTheirOwn();

  it.each(ROUTES)("of $route are refused to strangers, who store nothing", async (route) => {
    for (const [who, headers] of Object.entries(STRANGERS)) {
      const { status, body } = await ask(route.route, await headers());
      const open = route.needs === "none";
      expect([who, status < 400, status]).toEqual([who, open, open ? status : 401]);
      expect(open || problemSchema.safeParse(body).success).toBe(true);
    }
    expect(await stage.rows()).toEqual({ ledger: [], messages: 0 });
  });
});

describe("each caller with one right", () => {
  onAnAppOfTheirOwn();

  it.each(ROUTES)("may $route only with $needs", async ({ route, needs }) => {
    const wrong: string[] = [];
    for (const [scheme, { name, goodFor, headers }] of SCHEMES.entries()) {
      for (const [number, right] of RIGHTS.entries()) {
        // Of more callers with signatures than lrq tries, each has to say which one it is.
        const caller = `${scheme}.${right}`;
        const { status } = await ask(route, await headers(number, bodyOf(route)), { caller });
        // What any caller may needs a key or a token, as everything else but submitting does.
        const ofAny = needs === "any" && goodFor.includes("operate");
        const may = needs === "none" || ofAny || (right === needs && goodFor.includes(needs));
        const letIn = status !== 401 && status !== 403;
        if (letIn !== may || status >= 500) wrong.push(`${name} with ${right}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("is known by keys that are asked for once", async () => {
    const tokens = SCHEMES.filter(({ name }) => name.endsWith(" token"));
    expect(tokens).toHaveLength(2);
    for (const { headers } of tokens) await ask("GET status", await headers(0, ""));
    expect(authority.asked()).toBe(1);
  });

  it.each(ROUTES.filter(({ needs }) => !["any", "none"].includes(needs)))(
    "$needs of $route is a right",
    (each) => {
      expect(RIGHTS.some((right: Right) => right === each.needs)).toBe(true);
    },
  );
});

/** A request to a route, about a run that does not exist and with a body that starts nothing. */
async function ask(route: string, headers: Record<string, string>, query = {}) {
  const [method = "", template = ""] = route.split(" ");
  const path = template
    .replace("{source}", "generic")
    .replace("{runId}", "0".repeat(20))
    .replace("{sequenceId}", `${"0".repeat(20)}.0`)
    .replace("{index:int}", "0")
    .replace("{file}", "page.js")
    .replaceAll(/\{\w+(:\w+)?\??\}/g, "0");
  const body = bodyOf(route);
  if (!isMethod(method)) throw new Error(`how is ${method} sent?`);
  return await stage.call(method, path, body === "" ? undefined : body, {
    key: null,
    headers,
    query,
  });
}

function isMethod(method: string): method is Method {
  return ["GET", "POST", "PUT", "DELETE"].includes(method);
}

function bodyOf(route: string): string {
  return /^(POST|PUT)/.test(route) ? "{}" : "";
}
