import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from "jose";
import type { SigningKey } from "../../shared/access/signing-keys.ts";

export const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47";
export const AUDIENCE = "api://lrq";
export const APP = "11111111-2222-3333-4444-555555555555";
export const PERSON = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
export const SERVICE_PRINCIPAL = "99999999-8888-7777-6666-555555555555";

/** A key as a tenant has it: what signs, and what it publishes. */
export interface TenantKey {
  readonly kid: string;
  readonly secret: CryptoKey;
  readonly published: SigningKey;
}

export async function tenantKey(kid: string): Promise<TenantKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const { n = "", e = "" } = await exportJWK(publicKey);
  return { kid, secret: privateKey, published: { kty: "RSA", kid, n, e } };
}

/** The claims of an app's own token of the second version; `more` goes beside or in their place. */
export function appClaims(authority: string, nowMs: number, more: object = {}): JWTPayload {
  const nowSeconds = Math.floor(nowMs / 1_000);
  return {
    ver: "2.0",
    iss: `${authority}/${TENANT}/v2.0`,
    tid: TENANT,
    aud: AUDIENCE,
    oid: SERVICE_PRINCIPAL,
    sub: SERVICE_PRINCIPAL,
    azp: APP,
    idtyp: "app",
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + 3_600,
    ...more,
  };
}

/** The same for a person who signed in to that app. */
export function personClaims(authority: string, nowMs: number, more: object = {}): JWTPayload {
  return appClaims(authority, nowMs, {
    oid: PERSON,
    sub: "pairwise",
    idtyp: undefined,
    scp: "access",
    ...more,
  });
}

export async function signed(
  { kid, secret }: TenantKey,
  claims: JWTPayload,
  header: object = {},
): Promise<string> {
  return await new SignJWT(claims)
    .setProtectedHeader({ typ: "JWT", alg: "RS256", kid, ...header })
    .sign(secret);
}
