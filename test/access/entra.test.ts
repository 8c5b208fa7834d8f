import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { CompactSign, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { authenticate, type Authenticated } from "../../shared/access/authenticate.ts";
import type { FoundKey } from "../../shared/access/signing-keys.ts";
import { callersOf, keyHash } from "./callers.ts";
import {
  APP,
  appClaims,
  AUDIENCE,
  PERSON,
  personClaims,
  SERVICE_PRINCIPAL,
  signed,
  TENANT,
  tenantKey,
  type TenantKey,
} from "./tokens.ts";

const NOW_MS = 1_800_000_000_000;
const AUTHORITY = "https://login.microsoftonline.com";
const OTHER_TENANT = "00000000-0000-0000-0000-00000000000b";
const OTHER = "00000000-0000-0000-0000-00000000000c";

const rule = { tenant: TENANT, audience: AUDIENCE };
const CALLERS = callersOf([
  { name: "playbook", entra: { ...rule, apps: [APP] }, may: ["incident.submit"] },
  { name: "responders", entra: { ...rule, people: [PERSON] }, may: ["run.read"] },
  { name: "operators", entra: { ...rule, roles: ["Operate"] }, may: ["operate"] },
  { name: "keeper", key: keyHash("a key"), may: ["operate"] },
]);

let key: TenantKey;
let foreign: TenantKey;
/** What was asked of the port, in order. */
let asked: string[] = [];
beforeAll(async () => {
  [key, foreign] = await Promise.all([tenantKey("ours"), tenantKey("ours")]);
});

async function show(
  token: string,
  find?: (tenant: string, kid: string) => FoundKey,
): Promise<Authenticated> {
  asked = [];
  const found =
    find ??
    ((_, kid) => (kid === "ours" ? { kind: "key", key: key.published } : { kind: "unknown" }));
  const keys = {
    find: async (tenant: string, kid: string) => {
      asked.push(`${tenant} ${kid}`);
      return found(tenant, kid);
    },
  };
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const request = { headers, named: null, body: async () => new Uint8Array() };
  return await authenticate(CALLERS, { authority: AUTHORITY, keys }, request, NOW_MS);
}

const app = (more: object = {}) => appClaims(AUTHORITY, NOW_MS, more);
const person = (more: object = {}) => personClaims(AUTHORITY, NOW_MS, more);

/** A time as tokens have it, so many seconds from now. */
const second = (offset: number) => NOW_MS / 1_000 + offset;

describe("an Entra token", () => {
  it.each([
    ["an app of the list", app(), "playbook", SERVICE_PRINCIPAL],
    ["a person of the list", person(), "responders", PERSON],
    ["anybody with the role", person({ oid: OTHER, roles: ["Operate"] }), "operators", OTHER],
    ["an app with the role", app({ azp: OTHER, roles: ["Read", "Operate"] }), "operators"],
    [
      "the first token version",
      app({ ver: "1.0", iss: `https://sts.windows.net/${TENANT}/`, appid: APP }),
      "playbook",
    ],
    ["the audience without api://", app({ aud: "lrq" }), "playbook"],
    [
      "an app that only its roles tell from a person",
      app({ idtyp: undefined, azp: OTHER, roles: ["Operate"] }),
      "operators",
    ],
    ["a person who says so", person({ idtyp: "user" }), "responders", PERSON],
  ])("of %s is known", async (_, claims, caller, objectId = SERVICE_PRINCIPAL) => {
    const answer = await show(await signed(key, claims));
    expect(answer).toMatchObject({
      kind: "caller",
      scheme: "entra",
      caller: { name: caller },
      objectId,
    });
  });

  it.each([
    ["expired a minute ago", app({ exp: second(-60) }), /expired/],
    ["without an end", app({ exp: undefined }), /claim exp/],
    ["from more than a minute ahead", app({ nbf: second(61) }), /claim nbf/],
    ["for another audience", app({ aud: "https://graph.microsoft.com" }), /claim aud/],
    ["for the audience and more", app({ aud: [AUDIENCE, "other"] }), /no access token/],
    ["by another authority", app({ iss: `https://login.example/${TENANT}/v2.0` }), /claim iss/],
    [
      "with the other version's issuer",
      app({ iss: `https://sts.windows.net/${TENANT}/` }),
      /version/,
    ],
    ["issued by another tenant", app({ iss: `${AUTHORITY}/${OTHER_TENANT}/v2.0` }), /claim iss/],
    ["of a version nobody knows", app({ ver: "3.0" }), /no access token/],
    ["that names no client, as an id token does", person({ azp: undefined }), /no client/],
    ["of an app not listed", app({ azp: OTHER }), /no caller/],
    ["of a person not listed", person({ oid: OTHER }), /no caller/],
    ["of a person not listed who uses a listed app", person({ oid: OTHER, azp: APP }), /no caller/],
    [
      "of an app whose object id is listed as a person",
      app({ azp: OTHER, oid: PERSON }),
      /no caller/,
    ],
    ["of a person without scopes", app({ oid: OTHER, idtyp: "user" }), /no caller/],
    ["that says neither person nor app", app({ idtyp: undefined }), /person or an app/],
    ["that says both", person({ idtyp: "app" }), /person or an app/],
    ["of a kind nobody knows", app({ idtyp: "constructor" }), /person or an app/],
    ["with a role nobody lists", app({ azp: OTHER, roles: ["operate"] }), /no caller/],
    ["that two callers fit", app({ roles: ["Operate"] }), /several callers/],
  ])("%s is refused", async (_, claims, why) => {
    const answer = await show(await signed(key, claims));
    expect(answer).toMatchObject({ kind: "nobody", why: expect.stringMatching(why) });
  });

  it("is still known within the minute that clocks may differ", async () => {
    expect(await show(await signed(key, app({ exp: second(-59) })))).toMatchObject({
      kind: "caller",
    });
    expect(await show(await signed(key, app({ nbf: second(59) })))).toMatchObject({
      kind: "caller",
    });
  });

  it("of a tenant nobody names is refused before any key is asked for", async () => {
    const answer = await show(await signed(key, app({ tid: OTHER_TENANT })));
    expect([answer.kind, asked]).toEqual(["nobody", []]);
  });

  it("is neither taken nor refused while the keys cannot be had", async () => {
    const down = { kind: "unavailable", detail: "down" } as const;
    expect(await show(await signed(key, app()), () => down)).toEqual(down);
  });
});

describe("a forged token", () => {
  const NOT_OURS = { kind: "nobody", why: "no caller fits this token" };

  it("signed with another key is told nothing but that", async () => {
    expect(await show(await signed(foreign, app()))).toEqual(NOT_OURS);
    expect(await show(await signed(foreign, app({ exp: 1 })))).toEqual(NOT_OURS);
    expect(await show(await signed(key, app(), { kid: "theirs" }))).toEqual(NOT_OURS);
  });

  it("without an algorithm is refused", async () => {
    const [, payload] = new UnsecuredJWT(app()).encode().split(".");
    for (const alg of ["none", "None", "nOnE"]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: "JWT", kid: "ours" }));
      expect(await show(`${header.toString("base64url")}.${payload}.`)).toEqual(NOT_OURS);
    }
  });

  it("signed with the public key as if it were a shared secret is refused", async () => {
    const spki = await exportSPKI(await publicKey());
    const forms = [spki, spki.trim(), JSON.stringify(key.published), key.published.n];
    for (const secret of forms) {
      const head = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT", kid: "ours" }));
      const body = Buffer.from(JSON.stringify(app()));
      const unsigned = `${head.toString("base64url")}.${body.toString("base64url")}`;
      const signature = createHmac("sha256", secret).update(unsigned).digest("base64url");
      expect(await show(`${unsigned}.${signature}`)).toEqual(NOT_OURS);
    }
  });

  it.each(["RS384", "RS512", "PS256"])("signed by %s is refused", async (alg) => {
    const { privateKey } = await generateKeyPair(alg);
    const token = await new SignJWT(app())
      .setProtectedHeader({ alg, kid: "ours" })
      .sign(privateKey);
    expect(await show(token)).toEqual(NOT_OURS);
  });

  it("that brings its own key, or says where it is, is refused", async () => {
    for (const header of [
      { jwk: foreign.published },
      { jku: "https://attacker.example/keys" },
      { x5u: "https://attacker.example/chain" },
      { crit: ["exp"], exp: 1 },
    ]) {
      const payload = new TextEncoder().encode(JSON.stringify(app()));
      const token = await new CompactSign(payload)
        .setProtectedHeader({ alg: "RS256", kid: "ours", ...header })
        .sign(foreign.secret, { crit: { exp: true } });
      expect(await show(token)).toEqual(NOT_OURS);
    }
  });

  it("with a byte changed anywhere is refused", async () => {
    const token = await signed(key, app());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom("A", "b", "9", "_"),
        async (at, to) => {
          // The last character of a part may hold bits that are not read.
          if (token[at] === to || token[at] === "." || /^(\.|$)/.test(token.slice(at + 1))) return;
          const changed = token.slice(0, at) + to + token.slice(at + 1);
          expect((await show(changed)).kind).toBe("nobody");
        },
      ),
    );
  });

  it("of whatever form is nobody's", async () => {
    const part = fc.oneof(
      fc.json().map((json) => Buffer.from(json).toString("base64url")),
      fc.base64String(),
    );
    await fc.assert(
      fc.asyncProperty(part, part, part, async (head, body, tail) => {
        expect((await show(`eyJ${head}.${body}.${tail}`)).kind).toBe("nobody");
      }),
    );
  });
});

async function publicKey() {
  const imported = await importJWK({ ...key.published }, "RS256", { extractable: true });
  if (imported instanceof Uint8Array) throw new Error("an RSA key is no secret");
  return imported;
}
