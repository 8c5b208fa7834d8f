import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { JWTPayload } from "jose";
import { personClaims, TENANT } from "../access/tokens.ts";

/** What a browser was sent away with, by the code that it has to bring back. */
interface Asked {
  readonly challenge: string;
  readonly redirect: string;
  readonly client: string;
}

/** For somebody without a browser (RFC 8628); here the person agrees before being asked. */
const DEVICE_CODE = {
  verification_uri: "https://entra.example/device",
  user_code: "ABCD",
  device_code: "device",
  expires_in: 900,
  interval: 1,
};

/**
 * The pages of Entra at which a person signs in: at `authorize` everybody is the same person and
 * agrees at once; `token` gives a token for a code, once, to whoever has its PKCE verifier
 * (Microsoft identity platform, OAuth 2.0 authorization code flow).
 */
export function signInOf(
  sign: (claims: JWTPayload) => Promise<string>,
  url: () => string,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const codes = new Map<string, Asked>();
  const giveToken = async (request: IncomingMessage, response: ServerResponse) => {
    const sent = new URLSearchParams(await text(request));
    const code = sent.get("code") ?? "";
    const asked = codes.get(code);
    codes.delete(code);
    const isIts = sent.get("grant_type") === "authorization_code" ? fits(asked, sent) : true;
    const headers = {
      "content-type": "application/json",
      // As for an app of the kind "single-page application".
      "access-control-allow-origin": request.headers.origin ?? "",
    };
    const token = await sign(personClaims(url(), Date.now()));
    const lasts = { token_type: "Bearer", expires_in: 3_600, refresh_token: "refresh" };
    const given = { ...lasts, access_token: token };
    response.writeHead(isIts ? 200 : 400, headers);
    response.end(JSON.stringify(isIts ? given : { error: "invalid_grant" }));
  };
  return async (request, response) => {
    const address = new URL(request.url ?? "/", url());
    if (address.pathname === `/${TENANT}/oauth2/v2.0/token`) {
      await giveToken(request, response);
      return;
    }
    if (address.pathname === `/${TENANT}/oauth2/v2.0/devicecode`) {
      response.end(JSON.stringify(DEVICE_CODE));
      return;
    }
    if (address.pathname !== `/${TENANT}/oauth2/v2.0/authorize`) {
      response.writeHead(404).end();
      return;
    }
    const of = (name: string) => address.searchParams.get(name) ?? "";
    const code = randomUUID();
    const asked = { challenge: of("code_challenge"), client: of("client_id") };
    codes.set(code, { ...asked, redirect: of("redirect_uri") });
    const back = new URL(of("redirect_uri"));
    back.search = new URLSearchParams({ code, state: of("state") }).toString();
    response.writeHead(302, { location: back.toString() }).end();
  };
}

/** True if the code was asked for by whoever brings it: with this verifier, from this page. */
function fits(asked: Asked | undefined, sent: URLSearchParams): boolean {
  const verifier = sent.get("code_verifier") ?? "";
  return (
    asked?.challenge === createHash("sha256").update(verifier).digest("base64url") &&
    asked.redirect === sent.get("redirect_uri") &&
    asked.client === sent.get("client_id")
  );
}
