import { isIP } from "node:net";
import { isLoopback } from "../loopback.ts";

/** Where callbacks may go: hosts by exact name, or `*.` and a suffix for all names below it. */
export interface HostRules {
  readonly hosts: readonly string[];
  /** Only in a local stack: http and any port are allowed to this machine. */
  readonly allowLoopback: boolean;
}

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** At least two labels, because a suffix of one would be a whole top-level domain. */
const SUFFIX = new RegExp(`^\\*\\.${LABEL}(?:\\.${LABEL})+$`);
const URL_CHARACTERS_MAX = 2_048;

/** The entries of the setting CALLBACK_HOSTS, lower case; null if one of them is no host. */
export function hostsIn(text: string): readonly string[] | null {
  const entries = text
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
  return entries.every(isHostRule) ? entries : null;
}

function isHostRule(entry: string): boolean {
  return NAME.test(entry) || SUFFIX.test(entry) || isIP(withoutBrackets(entry)) !== 0;
}

/**
 * Why nothing may be sent to `url`, in words that do not repeat it; null if it may be. The IP
 * addresses of the name are checked at each sending.
 */
export function urlTrouble(url: string, rules: HostRules): string | null {
  if (rules.hosts.length === 0) return "no host is allowed for callbacks: set CALLBACK_HOSTS";
  if (url.length > URL_CHARACTERS_MAX || !URL.canParse(url)) {
    return `is no address, or has more than ${URL_CHARACTERS_MAX} characters`;
  }
  const { protocol, username, password, hostname, port, hash } = new URL(url);
  if (username !== "" || password !== "") return "has a name or a password in it";
  if (hash !== "") return "has a fragment";
  if (!isAllowed(hostname, rules.hosts)) return "its host is not one of CALLBACK_HOSTS";
  if (rules.allowLoopback && isLoopback(hostname)) {
    return protocol === "https:" || protocol === "http:" ? null : "is neither https nor http";
  }
  if (protocol !== "https:") return "is not https";
  return port === "" ? null : "has a port; only 443 is used";
}

/** The part of an address that people see: its host. Path and query can hold secrets. */
export function shownHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

function isAllowed(hostname: string, hosts: readonly string[]): boolean {
  const name = hostname.replace(/\.$/, "");
  return hosts.some((host) =>
    host.startsWith("*.")
      ? name.endsWith(host.slice(1)) && name.length > host.length - 1
      : withoutBrackets(host) === withoutBrackets(name),
  );
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
