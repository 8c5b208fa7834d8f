import { once } from "node:events";
import { createServer } from "node:http";
import type { JWTPayload } from "jose";
import { signed, TENANT, tenantKey } from "../access/tokens.ts";
import { signInOf } from "./entra-sign-in.ts";

/**
 * An Entra of our own on loopback: it publishes a tenant's key, signs whatever it is given, and
 * lets a person sign in at once, in a browser or with a device code.
 */
export interface EntraAuthority {
  readonly url: string;
  /** How often its keys were asked for. */
  asked(): number;
  sign(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

export async function startAuthority(): Promise<EntraAuthority> {
  const key = await tenantKey("published");
  let asked = 0;
  const signIn = signInOf(
    async (claims) => await signed(key, claims),
    () => url,
  );
  let url = "";
  const server = createServer((request, response) => {
    if (request.url !== `/${TENANT}/discovery/v2.0/keys`) {
      void signIn(request, response);
      return;
    }
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: [key.published] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not on a port");
  url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    asked: () => asked,
    sign: async (claims) => await signed(key, claims),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
