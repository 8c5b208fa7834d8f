import { isLoopback } from "../loopback.ts";

/** The hosts that result links may lead to, and whether the API itself is on this machine. */
export interface AllowedLinks {
  readonly hosts: readonly string[];
  readonly apiIsLoopback: boolean;
}

/** A link that may be opened, or why not; of the link the reason shows only its host. */
export type LinkVerdict =
  | { readonly kind: "allowed"; readonly url: string }
  | { readonly kind: "refused"; readonly detail: string };

/**
 * Checks where a result link leads before anything is sent there. Allowed is https to one of the
 * `hosts` or to a name below it, on the usual port. Only while the API itself is on this machine, a
 * loopback `host:port` of the list is allowed, too.
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
