import { isLoopback } from "../loopback.ts";

/**
 * The address of Defender's API in each cloud (Microsoft Defender for Endpoint for US Government
 * customers; API list).
 */
export const CLOUDS = {
  commercial: "https://api.security.microsoft.com",
  gcc: "https://api-gcc.securitycenter.microsoft.us",
  "gcc-high": "https://api-gov.securitycenter.microsoft.us",
  dod: "https://api-gov.securitycenter.microsoft.us",
} as const;

/** Graph in each cloud (page "National cloud deployments"). */
export const GRAPHS = {
  commercial: "https://graph.microsoft.com",
  gcc: "https://graph.microsoft.com",
  "gcc-high": "https://graph.microsoft.us",
  dod: "https://dod-graph.microsoft.us",
} as const satisfies Record<keyof typeof CLOUDS, string>;

/** The address to which lrq adds `/api/...`. Microsoft's pages print it with `/api`, too. */
export function withoutApiPath(url: string): string {
  return url.replace(/\/+$/, "").replace(/(?:\/api)+$/, "");
}

/** Why the token may not go to this address, or why no call is possible there; null if neither. */
export function addressTrouble(url: string): string | null {
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  if (!isSafe) return "use https; http is only for loopback, because the access token goes there";
  const isBare = username + password + search + hash === "";
  return isBare ? null : "use only a host and a path: no user, no query and no fragment";
}
