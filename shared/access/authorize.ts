import type { Source } from "../incident/incident.ts";
import type { Known, Scheme } from "./authenticate.ts";
import { RIGHTS, type Caller, type Right } from "./caller.ts";

/** What a request is about; a field that is absent is not checked. */
export interface Scope {
  readonly source?: Source;
  readonly profile?: string;
}

/** True if `caller` has the right, and has it for that source and that profile. */
export function mayDo(caller: Caller, right: Right, scope: Scope = {}): boolean {
  return whyNot(caller, right, scope) === null;
}

/** Why `caller` may not, in words for the keeper of the CALLERS setting; null if it may. */
export function whyNot(caller: Caller, right: Right, scope: Scope = {}): string | null {
  const { name, may, sources, profiles } = caller;
  if (!may.includes(right)) return `caller ${name} lacks the right ${right}`;
  if (scope.source !== undefined && !sources.includes(scope.source)) {
    return `caller ${name} may not send for the source ${scope.source}`;
  }
  if (scope.profile !== undefined && profiles !== null && !profiles.includes(scope.profile)) {
    return `caller ${name} may not use the profile ${scope.profile}`;
  }
  return null;
}

/**
 * Why `caller` may not send for the source with the profile; null if it may. A profile that may run
 * scripts that nobody pinned needs a right of its own.
 */
export function whyNotProfile(
  caller: Caller,
  { source, profile, isPinned }: Required<Scope> & { readonly isPinned: boolean },
): string | null {
  const why = whyNot(caller, "incident.submit", { source, profile });
  if (why !== null || isPinned || caller.may.includes("script.unpinned")) return why;
  return `caller ${caller.name} lacks the right script.unpinned, which ${profile} needs`;
}

/**
 * The rights that each way to identify a caller can give. A key or token is shown only to us. A
 * signature is made over a body, and covers neither method nor path nor query: anybody who has a
 * signed incident could send it to another path, or ask in the query to run it again.
 */
const GOOD_FOR: Readonly<Record<Scheme, readonly Right[]>> = {
  key: RIGHTS,
  entra: RIGHTS,
  hmac: ["incident.submit"],
  jira: ["incident.submit"],
};

/**
 * Why a caller that was identified in this way may not use `right` (null for what every caller
 * may), even if it has that right; null if it may. An app is nobody who could approve.
 */
export function whyNotBy(
  { scheme, isPerson }: Pick<Known, "scheme" | "isPerson">,
  right: Right | null,
): string | null {
  if (right === "run.approve" && scheme === "entra" && !isPerson) return NOT_PERSONAL;
  const goodFor = GOOD_FOR[scheme];
  if (right === null ? goodFor === RIGHTS : goodFor.includes(right)) return null;
  const other = right ?? "this";
  return `${SHOWN[scheme]} is valid only for ${goodFor.join(" and ")}; for ${other} send a key or a token`;
}

const NOT_PERSONAL = "The token of an app cannot approve: sign in yourself, or send your own key.";

/**
 * Why a caller identified by `scheme` may not set `option` in the query; null if it may. Anybody who
 * has a signed body can put another query before it.
 */
export function whyNotInQuery(scheme: Scheme, option: string): string | null {
  if (scheme !== "hmac" && scheme !== "jira") return null;
  const shown = SHOWN[scheme];
  return `${shown} does not cover the query, so ${option} cannot stand there; send a key or a token`;
}

const SHOWN: Readonly<Record<Scheme, string>> = {
  key: "a key",
  entra: "a token",
  hmac: "a Standard Webhooks signature",
  jira: "Jira's signature",
};
