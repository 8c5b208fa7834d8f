const NO_TLS = "it does not speak TLS 1.2 or later";

/** What the codes of Node and OpenSSL mean to the people who run the receiver. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  ["CERT_REVOKED", "its certificate was revoked"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  ...[
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ].map((code) => [code, "no authority that is trusted here signed its certificate"] as const),
  ["EPROTO", NO_TLS],
]);

/**
 * Why no answer came, in a few words. Only names and codes, because the platform's messages can
 * hold the address, and that can be a secret.
 */
export function troubleIn(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "no answer in time";
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? `${wordsFor(code)} (${code})` : "no answer";
}

/** OpenSSL has a code for each way in which a handshake can fail. */
function wordsFor(code: string): string {
  return WORDS.get(code) ?? (code.startsWith("ERR_SSL_") ? NO_TLS : "no answer");
}
