import { isLoopback } from "../loopback.ts";

/** Where result links may lead, and whether the API itself is on this machine. */
export interface AllowedLinks {
  readonly hosts: readonly string[];
  readonly apiIsLoopback: boolean;
}

/** A link we may open, or why not; the reason never shows more of it than its host. */
export type LinkVerdict =
  | { readonly kind: "allowed"; readonly url: string }
  | { readonly kind: "refused"; readonly detail: string };

/**
 * Checks where a result link leads before anything is asked of it. Allowed is https at one of the
 * `hosts` or below it, on the usual port; and, only while the API itself is on this machine, a
 * loopback `host:port` of the list.
 */
export function checkLink(link: string, { hosts, apiIsLoopback }: AllowedLinks): LinkVerdict {
  if (!URL.canParse(link)) return { kind: "refused", detail: "the result link is no address" };
  const url = new URL(link);
  if (url.username !== "" || url.password !== "") return refused(url, "holds a user name");
  if (isLoopback(url.hostname)) {
    const known = apiIsLoopback && hosts.includes(url.host) && /^https?:$/.test(url.protocol);
    return known ? { kind: "allowed", url: url.href } : refused(url, "is not an allowed host");
  }
  if (url.protocol !== "https:") return refused(url, "is not https");
  if (url.port !== "") return refused(url, "has an unusual port");
  const named = hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  return named ? { kind: "allowed", url: url.href } : refused(url, "is not an allowed host");
}

function refused(url: URL, why: string): LinkVerdict {
  return { kind: "refused", detail: `the result link to ${url.host.slice(0, 255)} ${why}` };
}
