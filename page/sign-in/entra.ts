import * as oauth from "oauth4webapi";
import type { SignInSettings } from "../../shared/access/page-sign-in.ts";

/**
 * Signs a person in with Entra: authorization code with PKCE, as an app of the kind "single-page
 * application" (Microsoft identity platform, OAuth 2.0 authorization code flow).
 */

/** What is remembered while the browser is at Entra; only this tab can read it. */
const PENDING = "lrq.sign-in";

/** A token is renewed this long before it ends, so that no request leaves with an old one. */
const RENEW_MS = 120_000;

interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly hash: string;
}

/** Leaves the page for Entra's. */
export async function beginSignIn(settings: SignInSettings): Promise<void> {
  const pending: Pending = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    hash: location.hash,
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const address = new URL(authorityOf(settings).authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: settings.clientId,
    response_type: "code",
    redirect_uri: here(),
    scope: `${settings.scope} offline_access`,
    state: pending.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: "S256",
  }).toString();
  location.assign(address);
}

/** What came of a sign-in at Entra. */
export type SignedIn =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly why: string }
  /** Gives a token that is still good, and null once Entra gives no more. */
  | { readonly kind: "signedIn"; readonly bearer: () => Promise<string | null> };

/** Takes what Entra sent back in the address, if this is a return from there. */
export async function endSignIn(settings: SignInSettings): Promise<SignedIn> {
  const pending = takePending();
  const address = new URL(location.href);
  const isReturn = address.searchParams.has("code") || address.searchParams.has("error");
  if (pending === null || !isReturn) return { kind: "none" };
  // The code is good once only, and nobody shall find it in the history.
  history.replaceState(null, "", here());
  location.hash = pending.hash;
  try {
    return {
      kind: "signedIn",
      bearer: keepFresh(settings, await exchanged(settings, address, pending)),
    };
  } catch (error) {
    return { kind: "refused", why: error instanceof Error ? error.message : String(error) };
  }
}

async function exchanged(
  settings: SignInSettings,
  address: URL,
  { verifier, state }: Pending,
): Promise<oauth.TokenEndpointResponse> {
  const [server, client] = [authorityOf(settings), { client_id: settings.clientId }];
  const parameters = oauth.validateAuthResponse(server, client, address, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    here(),
    verifier,
    optionsFor(settings),
  );
  return await oauth.processAuthorizationCodeResponse(server, client, response);
}

function keepFresh(
  settings: SignInSettings,
  first: oauth.TokenEndpointResponse,
): () => Promise<string | null> {
  let held = first;
  let untilMs = endOf(first);
  const renew = async (): Promise<void> => {
    const { refresh_token: spent } = held;
    if (spent === undefined) return;
    const [server, client] = [authorityOf(settings), { client_id: settings.clientId }];
    const options = optionsFor(settings);
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.None(),
      spent,
      options,
    );
    held = await oauth.processRefreshTokenResponse(server, client, response);
    untilMs = endOf(held);
  };
  return async () => {
    if (Date.now() > untilMs - RENEW_MS) await renew().catch(() => undefined);
    return Date.now() < untilMs ? held.access_token : null;
  };
}

/** When a token ends; one that does not say so is taken for an hour, as Entra gives them. */
function endOf({ expires_in: seconds = 3_600 }: oauth.TokenEndpointResponse): number {
  return Date.now() + seconds * 1_000;
}

function authorityOf({ authority, tenant }: SignInSettings) {
  const root = `${authority}/${tenant}`;
  return {
    issuer: `${root}/v2.0`,
    authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
    token_endpoint: `${root}/oauth2/v2.0/token`,
  };
}

/** Plain http is for an authority on this computer; the settings refuse any other. */
function optionsFor({ authority }: SignInSettings) {
  return { [oauth.allowInsecureRequests]: authority.startsWith("http://") };
}

/** The page without what is behind it; Entra knows this address. */
function here(): string {
  return `${location.origin}${location.pathname}`;
}

function takePending(): Pending | null {
  const text = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  if (text === null) return null;
  const pending: Pending = JSON.parse(text);
  return pending;
}
