import { decodeJwt, decodeProtectedHeader, errors, importJWK, jwtVerify } from "jose";
import { z } from "zod";
import type { Entra } from "./signing-keys.ts";

/** What a verified token says of the one who shows it. */
export interface TokenClaims {
  readonly tid: string;
  readonly aud: string;
  /** The object id of the person, or of the app's service principal. */
  readonly oid: string;
  /** The app that asked for the token. */
  readonly clientId: string;
  readonly roles: readonly string[];
  /** True for a person who signed in, false for an app as itself. */
  readonly isPerson: boolean;
}

/** A valid token, or why it is not; `unavailable` says nothing about the token. */
export type VerifiedToken =
  | { readonly kind: "verified"; readonly claims: TokenClaims }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unavailable"; readonly detail: string };

/** Three parts of base64url; a forger may leave the last empty. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;
/** Node takes 16 KiB of headers altogether; a token with 200 groups has about 10. */
const TOKEN_CHARACTERS_MAX = 16_384;
/** Entra signs only with this algorithm (its OpenID configuration). */
const ALGORITHM = "RS256";
/** How far Entra's clock and ours may differ, either way. */
const LEEWAY_SECONDS = 60;

/** The issuer of all tokens of version 1, in every cloud we know. */
const VERSION_1_ISSUER = "https://sts.windows.net";

/** True if a bearer credential has the form of a token; then it is no key. */
export function looksLikeToken(credential: string): boolean {
  return JWT.test(credential);
}

/**
 * Verifies a token: signed by a published key of one of `tenants`, issued by that tenant, for one
 * of `audiences`, and valid at `nowMs`. Before the signature is checked, only the key's id and the
 * tenant are read, to choose among keys that we trust. Whatever else the header asks for (another
 * algorithm, its own key) is ignored. Never throws.
 */
export async function verifyToken(
  token: string,
  expected: { readonly tenants: readonly string[]; readonly audiences: readonly string[] },
  { authority, keys }: Entra,
  nowMs: number,
): Promise<VerifiedToken> {
  const claimed = token.length > TOKEN_CHARACTERS_MAX ? null : claimedIn(token);
  if (claimed === null || !expected.tenants.includes(claimed.tid)) return refused(NOT_OURS);
  const found = await keys.find(claimed.tid, claimed.kid);
  if (found.kind === "unavailable") return found;
  if (found.kind === "unknown") return refused(NOT_OURS);
  try {
    const { payload } = await jwtVerify(token, await importJWK({ ...found.key }, ALGORITHM), {
      algorithms: [ALGORITHM],
      issuer: Object.values(issuersOf(authority, claimed.tid)),
      audience: [...expected.audiences],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(nowMs),
      requiredClaims: ["exp", "tid"],
    });
    return whatItSays(payload, authority, claimed.tid);
  } catch (error) {
    return refused(whyNotVerified(error));
  }
}

/** The same words for every token that no key of ours signed, so that a stranger learns nothing. */
const NOT_OURS = "no caller fits this token";

/** Only to find the key; none of it is trusted. */
function claimedIn(token: string): { tid: string; kid: string } | null {
  try {
    const { kid } = decodeProtectedHeader(token);
    const { tid } = decodeJwt(token);
    return typeof kid === "string" && typeof tid === "string" ? { kid, tid } : null;
  } catch {
    return null;
  }
}

/** Both versions are issued for the same audiences; the version is a setting of the audience. */
function issuersOf(authority: string, tenant: string): Readonly<Record<"1.0" | "2.0", string>> {
  return { "1.0": `${VERSION_1_ISSUER}/${tenant}/`, "2.0": `${authority}/${tenant}/v2.0` };
}

const claimsSchema = z.object({
  ver: z.enum(["1.0", "2.0"]),
  iss: z.string(),
  tid: z.string(),
  aud: z.string(),
  oid: z.string(),
  appid: z.string().optional(),
  azp: z.string().optional(),
  idtyp: z.string().optional(),
  scp: z.string().optional(),
  roles: z.array(z.string()).default([]),
});

/** The claims, once the signature holds. */
function whatItSays(payload: object, authority: string, tenant: string): VerifiedToken {
  const read = claimsSchema.safeParse(payload);
  if (!read.success) return refused("the token is no access token of Entra");
  const { ver, iss, tid, aud, oid, roles } = read.data;
  if (iss !== issuersOf(authority, tenant)[ver] || tid !== tenant) {
    return refused("the token's issuer does not fit its version and tenant");
  }
  // An id token names no app that asked for it. It only says to its own app who signed in, and is
  // not good for any other.
  const clientId = ver === "1.0" ? read.data.appid : read.data.azp;
  if (clientId === undefined) return refused("the token is no access token: it names no client");
  const isPerson = personIn(read.data);
  if (isPerson === null) return refused(WHOSE);
  return { kind: "verified", claims: { tid, aud, oid, clientId, roles, isPerson } };
}

const WHOSE =
  "the token does not say whether a person or an app shows it; give the app a role, " +
  "or have the claim idtyp added to its tokens";

/**
 * Only tokens of people have scopes, only those of apps have roles without scopes (access token
 * claims reference), and `idtyp` names it directly. Null for a token that says none of it, or two
 * different things.
 */
function personIn({ scp, idtyp, roles }: z.infer<typeof claimsSchema>): boolean | null {
  if (idtyp !== undefined && idtyp !== "user" && idtyp !== "app") return null;
  if (scp !== undefined) return idtyp === "app" ? null : true;
  if (idtyp !== undefined) return idtyp === "user";
  return roles.length > 0 ? false : null;
}

/** The reason is told only if the signature is valid; otherwise only that it is not ours. */
function whyNotVerified(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired; get a new one";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the token's claim ${error.claim} is not the expected one`;
  }
  return NOT_OURS;
}

function refused(why: string): VerifiedToken {
  return { kind: "refused", why };
}
