import { AzureCliCredential, ManagedIdentityCredential } from "@azure/identity";
import type { Credential, StorageAccess } from "./azure/access.ts";
import type { Config, StorageSetting } from "./config.ts";

/** A fixed token has no expiry; lrq asks for it again each hour, like for a real one. */
const FIXED_TOKEN_MS = 3_600_000;

/** How to reach the storage account: as the setting says, with an identity if it has no key. */
export function storageAccess(
  setting: StorageSetting,
  env: Readonly<Record<string, string | undefined>>,
): StorageAccess {
  if (setting.kind === "connectionString") return setting;
  const { blobUrl, queueUrl, tableUrl, clientId } = setting;
  return { kind: "identity", blobUrl, queueUrl, tableUrl, credential: identity(env, clientId) };
}

/**
 * In Azure the app's managed identity; on a developer's machine the account that is signed in to
 * the Azure CLI.
 */
function identity(
  env: Readonly<Record<string, string | undefined>>,
  clientId: string | null,
): Credential {
  if (env["IDENTITY_ENDPOINT"] === undefined) return new AzureCliCredential();
  return clientId === null
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}

/**
 * Where tokens for Defender come from; asking throws if the identity gives none. `nowMs` is this
 * host's clock.
 */
export function tokenSource(
  { defender }: Config,
  env: Readonly<Record<string, string | undefined>>,
  nowMs: () => number,
): () => Promise<{ token: string; expiresAtMs: number }> {
  return tokensFor(defender, env, nowMs);
}

/** The same for Azure's management API, with the identity that is used for Defender. */
export function managementTokens(
  { callbacks }: Config,
  env: Readonly<Record<string, string | undefined>>,
  nowMs: () => number,
): () => Promise<{ token: string; expiresAtMs: number }> {
  const { accessToken, managementUrl } = callbacks;
  return tokensFor({ accessToken, tokenScope: `${managementUrl}/.default` }, env, nowMs);
}

/** The same for Graph; null if Defender itself runs the queries. */
export function graphTokens(
  { defender: { accessToken, graphUrl } }: Config,
  env: Readonly<Record<string, string | undefined>>,
  nowMs: () => number,
): (() => Promise<{ token: string; expiresAtMs: number }>) | null {
  if (graphUrl === null) return null;
  return tokensFor({ accessToken, tokenScope: `${graphUrl}/.default` }, env, nowMs);
}

function tokensFor(
  { accessToken, tokenScope }: { accessToken: string | null; tokenScope: string },
  env: Readonly<Record<string, string | undefined>>,
  nowMs: () => number,
): () => Promise<{ token: string; expiresAtMs: number }> {
  if (accessToken !== null) {
    return async () => ({ token: accessToken, expiresAtMs: nowMs() + FIXED_TOKEN_MS });
  }
  const credential = identity(env, env["DEFENDER_CLIENT_ID"] ?? null);
  return async () => {
    const token = await credential.getToken(tokenScope);
    if (token === null) throw new Error(`the identity gave no token for ${tokenScope}`);
    return { token: token.token, expiresAtMs: token.expiresOnTimestamp };
  };
}
