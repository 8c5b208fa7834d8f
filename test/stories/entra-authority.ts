import { once } from "node:events";
import { createServer } from "node:http";
import type { JWTPayload } from "jose";
import { personClaims, signed, TENANT, tenantKey } from "../access/tokens.ts";

/**
 * An Entra of our own on loopback: it publishes a tenant's key, signs whatever it is given, and
 * lets a person sign in with a device code at once.
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
  const server = createServer((request, response) => {
    const send = (body: object): void => void response.end(JSON.stringify(body));
    if (request.url === `/${TENANT}/oauth2/v2.0/devicecode`) {
      const page = { verification_uri: "https://entra.example/device", user_code: "ABCD" };
      return send({ ...page, device_code: "device", expires_in: 900, interval: 1 });
    }
    if (request.url === `/${TENANT}/oauth2/v2.0/token`) {
      const claims = personClaims(`http://${request.headers.host}`, Date.now());
      return void signed(key, claims).then((token) =>
        send({ access_token: token, refresh_token: "refresh", expires_in: 3_600 }),
      );
    }
    if (request.url !== `/${TENANT}/discovery/v2.0/keys`) {
      response.writeHead(404).end();
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
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked: () => asked,
    sign: async (claims) => await signed(key, claims),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
