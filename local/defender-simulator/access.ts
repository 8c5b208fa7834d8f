import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { apiError, json } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import type { SimulatedApplication, StaticToken, TokenOptions } from "./options.ts";
import { guid } from "./random.ts";
import { isRecord, parseJson } from "./request-body.ts";
import type { Tenant } from "./tenant.ts";

const LEGACY_AUDIENCE = "https://api.securitycenter.microsoft.com";
/** What the same API was called before; older clients still ask for tokens under these names. */
const OLDER_AUDIENCES = [
  "https://securitycenter.windows.com",
  "https://api.securitycenter.windows.com",
  "https://securitycenter.onmicrosoft.com/windowsatpservice",
];
/** The display name of callers that say nothing, and of static tokens without a name. */
const NAMELESS = "simulated-application";
/** Application permissions of the API that the simulator knows. */
const EVERY_ROLE = [
  "Machine.LiveResponse",
  "Machine.Read.All",
  "Machine.ReadWrite.All",
  "Library.Manage",
  "AdvancedQuery.Read.All",
  "ThreatHunting.Read.All",
];

/** Who calls, and whose limits the call counts against. */
export interface Caller {
  readonly requestor: string;
  readonly scope: string;
}

export type Access =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly answer: Answer; readonly caller: Caller };

/**
 * Lets a call in that carries one of `roles`; 401 for no, a forged or an expired token, 403
 * otherwise.
 */
export function authorize(tenant: Tenant, call: Call, roles: readonly string[]): Access {
  const options = tenant.options.token;
  const bearer = /^Bearer (.+)$/i.exec(call.headers["authorization"] ?? "")?.[1] ?? null;
  const grant = bearer === null ? null : grantOf(tenant, bearer);
  const caller = callerOf(tenant, bearer, grant);
  if (options?.required !== true) return { kind: "caller", caller };
  const refuse = (status: number, code: string, message: string): Access => ({
    kind: "refused",
    answer: apiError(tenant, status, code, message),
    caller,
  });
  if (grant === null) return refuse(401, "Unauthorized", "The token is missing or not valid");
  if (grant.expiresAtMs <= call.nowMs) return refuse(401, "Unauthorized", "The token has expired");
  if (!(options.audiences ?? [LEGACY_AUDIENCE, ...OLDER_AUDIENCES]).includes(grant.audience)) {
    return refuse(403, "Forbidden", `The token is for ${grant.audience}`);
  }
  if (grant.roles.some((role) => roles.includes(role))) return { kind: "caller", caller };
  const needed = `required application permissions (${roles.join(", ")})`;
  const message = `The application does not have any of the ${needed} to access the resource.`;
  return refuse(403, "Forbidden", message);
}

interface Grant {
  readonly requestor: string;
  readonly roles: readonly string[];
  readonly audience: string;
  readonly expiresAtMs: number;
}

function callerOf(tenant: Tenant, bearer: string | null, grant: Grant | null): Caller {
  const requestor = grant?.requestor ?? NAMELESS;
  switch (tenant.rules.switches.limitScope) {
    case "tenant":
      return { requestor, scope: "tenant" };
    case "application":
      return { requestor, scope: requestor };
    case "token":
      return { requestor, scope: bearer === null ? "no token" : digest(bearer) };
  }
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function grantOf(tenant: Tenant, bearer: string): Grant | null {
  const accepted = tenant.options.token?.accepted ?? [];
  const entries = accepted.map((entry): StaticToken =>
    typeof entry === "string" ? { token: entry } : entry,
  );
  const found = entries.find(({ token }) => token === bearer);
  if (found === undefined) return issuedGrant(tenant, bearer);
  return {
    requestor: found.requestor ?? NAMELESS,
    roles: found.roles ?? EVERY_ROLE,
    audience: found.audience ?? tenant.options.token?.audiences?.[0] ?? LEGACY_AUDIENCE,
    expiresAtMs: found.expiresAtMs ?? Number.POSITIVE_INFINITY,
  };
}

function issuedGrant(tenant: Tenant, bearer: string): Grant | null {
  const [header, payload, signature] = bearer.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return null;
  const expected = Buffer.from(sign(tenant, `${header}.${payload}`));
  const actual = Buffer.from(signature);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return null;
  const claims = parseJson(Buffer.from(payload, "base64url"));
  if (!isRecord(claims)) return null;
  const { roles } = { roles: claims["roles"] };
  return {
    requestor: String(claims["app_displayname"]),
    roles: Array.isArray(roles) ? roles.map(String) : [],
    audience: String(claims["aud"]),
    expiresAtMs: Number(claims["exp"]) * 1_000,
  };
}

/**
 * `POST /{tenant}/oauth2/v2.0/token` with `scope`, or the older `/oauth2/token` with `resource`.
 */
export function issueToken(tenant: Tenant, call: Call, tenantId: string, version: 1 | 2): Answer {
  const form = new URLSearchParams(new TextDecoder().decode(call.body));
  if (form.get("grant_type") !== "client_credentials") {
    return tokenError(tenant, 400, "unsupported_grant_type", "AADSTS70003: unsupported grant type");
  }
  const application = applicationFor(tenant.options.token, form);
  if (application === null) {
    return tokenError(tenant, 401, "invalid_client", "AADSTS7000215: invalid client secret");
  }
  const scope = form.get("scope") ?? "";
  if (version === 2 && !scope.endsWith("/.default")) {
    return tokenError(tenant, 400, "invalid_scope", "AADSTS1002012: the scope is not valid");
  }
  const audience =
    version === 1 ? (form.get("resource") ?? "") : scope.slice(0, -"/.default".length);
  const lifeSeconds = tenant.options.token?.lifeSeconds ?? 3_599;
  const issuedAt = Math.floor(call.nowMs / 1_000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + lifeSeconds,
    appid: application.clientId,
    app_displayname: application.name,
    roles: application.roles,
    tid: tenantId,
  };
  const unsigned = [{ typ: "JWT", alg: "HS256" }, claims].map(base64url).join(".");
  const access_token = `${unsigned}.${sign(tenant, unsigned)}`;
  return json(200, {
    token_type: "Bearer",
    expires_in: lifeSeconds,
    ext_expires_in: lifeSeconds,
    access_token,
  });
}

function applicationFor(
  options: TokenOptions | undefined,
  form: URLSearchParams,
): SimulatedApplication | null {
  const clientId = form.get("client_id") ?? "";
  const clientSecret = form.get("client_secret") ?? "";
  if (options?.applications === undefined) {
    if (clientId === "" || clientSecret === "") return null;
    return { clientId, clientSecret, name: clientId, roles: EVERY_ROLE };
  }
  const known = options.applications.find((application) => application.clientId === clientId);
  return known?.clientSecret === clientSecret ? known : null;
}

function tokenError(tenant: Tenant, status: number, error: string, description: string): Answer {
  tenant.state.correlations += 1;
  const trace = guid(tenant.rules.seed, "trace", tenant.state.correlations);
  const body = { error, error_description: description, trace_id: trace, correlation_id: trace };
  return json(status, body);
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function sign(tenant: Tenant, unsigned: string): string {
  const key = `simulated tenant ${tenant.rules.seed}`;
  return createHmac("sha256", key).update(unsigned).digest("base64url");
}
