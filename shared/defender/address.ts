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

/** lrq adds `/api/...` to the host; Microsoft's pages print the address with `/api`, too. */
const API_PATH = /(?:\/+api)*\/*$/i;

/**
 * The address to which lrq adds `/api/...`, as the URL standard writes it. Unchanged if no call is
 * possible there: `addressTrouble` says why.
 */
export function withoutApiPath(text: string): string {
  if (hasMore(text)) return text;
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(API_PATH, "")}`;
}

/** Why the token may not go to this address, or why no call is possible there; null if neither. */
export function addressTrouble(text: string): string | null {
  const { protocol, hostname, origin } = new URL(text);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  if (!isSafe) return "use https; http is only for loopback, because the access token goes there";
  return hasMore(text) ? `use only the host, ${origin}: no user, no query and no fragment` : null;
}

/** The same for a setting, from which `/api` was dropped: it may have no other path either. */
export function settingTrouble(text: string): string | null {
  const { origin, pathname } = new URL(text);
  const trouble = addressTrouble(text);
  if (trouble !== null || pathname === "/") return trouble;
  return `use only the host, ${origin}: lrq adds the path of each call, which begins with /api`;
}

/** Whether there is a user, a query or a fragment, also an empty one, which a URL does not tell. */
function hasMore(text: string): boolean {
  const { username, password } = new URL(text);
  return username + password !== "" || /[?#@]/.test(text);
}
