/** One RSA key that a tenant signs with, as published; `kid` names it in the header of a token. */
export interface SigningKey {
  readonly kty: "RSA";
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** A key, or why there is none: not published, or not known now. */
export type FoundKey =
  | { readonly kind: "key"; readonly key: SigningKey }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable"; readonly detail: string };

/**
 * Where the keys of Entra tenants come from. It is a port, because asking for them is I/O. The
 * adapter in `shared/entra/` asks only for tenants named in CALLERS; it never throws.
 */
export interface SigningKeys {
  find(tenant: string, kid: string): Promise<FoundKey>;
}

/** What tokens are checked with: the issuer, and the keys. */
export interface Entra {
  /** Such as `https://login.microsoftonline.com`, without a slash at its end. */
  readonly authority: string;
  readonly keys: SigningKeys;
}
